import type { Metrics } from "../platform/telemetry/metrics.ts";
import { ask, type Probe, type Probes } from "./health.ts";

/**
 * Whether each part answers, as `/health` finds out. Asked whenever somebody reads the metrics, who then is told what the
 * asking before that found: a part that does not answer is no reason to keep a reader waiting.
 */
export function observeParts(metrics: Metrics, probes: Probes): void {
  const up = new Map<string, number>();
  const asked = new Set<string>();

  async function look(part: string, probe: Probe): Promise<void> {
    if (asked.has(part)) return;
    asked.add(part);
    up.set(part, (await ask(probe)).status === "ok" ? 1 : 0);
    asked.delete(part);
  }
  metrics.prepare(async () => {
    for (const [part, probe] of Object.entries(probes)) void look(part, probe);
  });
  metrics.observe(
    "gauge",
    { name: "veza.part.up", unit: "{part}", help: "1 while the part answers this gateway, from its store and back." },
    () => [...up].map(([part, is]) => [{ part }, is] as const),
  );
}
