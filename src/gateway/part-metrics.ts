import type { Metrics } from "../platform/telemetry/metrics.ts";
import { ask, type Probes } from "./health.ts";

/** Whether each part answers, as `/health` finds out, asked whenever somebody reads the metrics. */
export function observeParts(metrics: Metrics, probes: Probes): void {
  const up = new Map<string, number>();
  metrics.prepare(async () => {
    await Promise.all(
      Object.entries(probes).map(async ([part, probe]) => up.set(part, (await ask(probe)).status === "ok" ? 1 : 0)),
    );
  });
  metrics.observe(
    "gauge",
    { name: "veza.part.up", unit: "{part}", help: "1 while the part answers this gateway, from its store and back." },
    () => [...up].map(([part, is]) => [{ part }, is] as const),
  );
}
