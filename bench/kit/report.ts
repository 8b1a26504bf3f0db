import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";

/** What is asked of a figure. */
export interface Bar {
  readonly text: string;
  readonly met: boolean;
}

/** One thing measured, beside the same thing of a peer. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer?: { readonly name: string; readonly value: number };
  /** The bar to pass first, and where it should end. */
  readonly first?: Bar;
  readonly end?: Bar;
}

export interface Report {
  readonly bench: string;
  readonly quick: boolean;
  readonly rows: readonly Row[];
  /** What a reader has to know to judge the figures. */
  readonly notes: readonly string[];
}

const results = new URL("../results/", import.meta.url).pathname;

/** A report as its file holds it. */
export interface Kept extends Report {
  readonly at: string;
  readonly machine: { readonly cpus: number; readonly model: string; readonly load: number; readonly node: string };
}

/** Prints a report and keeps it as JSON. */
export function report(report: Report): void {
  print(report);
  mkdirSync(results, { recursive: true });
  const [cpu] = cpus();
  const kept: Kept = {
    ...report,
    at: new Date().toISOString(),
    machine: { cpus: cpus().length, model: cpu?.model ?? "", load: loadavg()[0] ?? 0, node: process.version },
  };
  writeFileSync(`${results}${report.bench}${report.quick ? ".quick" : ""}.json`, `${JSON.stringify(kept, null, 2)}\n`);
}

export const columns = ["what", "unit", "ours", "peer", "", "ours/peer", "bar", "met", "end", "met"] as const;

/** A row as text, a cell for each column. */
export function cells(row: Row): string[] {
  return [
    row.what,
    row.unit,
    figure(row.ours),
    row.peer?.name ?? "",
    row.peer === undefined ? "" : figure(row.peer.value),
    row.peer === undefined ? "" : ratio(row.ours, row.peer.value),
    row.first?.text ?? "",
    met(row.first),
    row.end?.text ?? "",
    met(row.end),
  ];
}

export function print({ bench, rows, notes }: Report): void {
  const lines = rows.map(cells);
  const widths = columns.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const numeric = new Set([2, 4, 5]);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        numeric.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  console.log(`\n${bench}\n${line(columns)}`);
  for (const each of lines) console.log(line(each));
  for (const note of notes) console.log(`  ${note}`);
}

function met(bar: Bar | undefined): string {
  if (bar === undefined) return "";
  return bar.met ? "yes" : "NO";
}

function ratio(ours: number, peer: number): string {
  return Number.isFinite(ours) && Number.isFinite(peer) ? (ours / peer).toFixed(2) : "-";
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value >= 1000) return Math.round(value).toLocaleString("en").replaceAll(",", " ");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function atLeast(ours: number, factor: number, peerName: string, peer: number): Bar {
  return { text: `≥ ${factor} × ${peerName}`, met: ours >= factor * peer };
}

export function atMost(ours: number, factor: number, peerName: string, peer: number): Bar {
  return { text: factor === 1 ? `≤ ${peerName}` : `≤ ${factor} × ${peerName}`, met: ours <= factor * peer };
}

export function within(ours: number, bound: number, unit: string): Bar {
  return { text: `≤ ${bound} ${unit}`, met: ours <= bound };
}
