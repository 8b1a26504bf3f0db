import type { Labels } from "./instruments.ts";
import type { Family } from "./metrics.ts";

/** What `/metrics` answers with: the text format that every Prometheus reads. */
export const prometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

const unitSuffixes: Readonly<Record<string, string>> = { s: "_seconds", By: "_bytes", "1": "_ratio" };

/** The name that OpenTelemetry's rules for Prometheus make of a metric's: underscores, the unit, `_total`. */
export function prometheusName({ name, unit, kind }: Pick<Family, "name" | "unit" | "kind">): string {
  return `${plain(name)}${unitSuffixes[unit] ?? ""}${kind === "counter" ? "_total" : ""}`;
}

/** All metrics as text. Those without a series are left out: what is not known is absent, not zero. */
export function prometheusText(families: readonly Family[]): string {
  const lines: string[] = [];
  for (const family of families) {
    if (family.points.length === 0) continue;
    const name = prometheusName(family);
    lines.push(`# HELP ${name} ${family.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`);
    lines.push(`# TYPE ${name} ${family.kind}`);
    for (const point of family.points) {
      const labels = labelsOf(point.labels);
      if ("value" in point) {
        lines.push(`${name}${braced(labels)} ${numberOf(point.value)}`);
        continue;
      }
      let count = 0;
      point.counts.forEach((each, at) => {
        count += each;
        const bound = at < point.bounds.length ? numberOf(point.bounds[at] as number) : "+Inf";
        lines.push(`${name}_bucket${braced([...labels, `le="${bound}"`])} ${count}`);
      });
      lines.push(`${name}_sum${braced(labels)} ${numberOf(point.sum)}`, `${name}_count${braced(labels)} ${count}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function plain(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, "_");
}

function labelsOf(labels: Labels): string[] {
  return Object.entries(labels).map(([name, value]) => {
    const escaped = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
    return `${plain(name)}="${escaped}"`;
  });
}

function braced(labels: readonly string[]): string {
  return labels.length === 0 ? "" : `{${labels.join(",")}}`;
}

function numberOf(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
