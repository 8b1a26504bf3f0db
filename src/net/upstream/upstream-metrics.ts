import type { Metrics } from "../../platform/telemetry/metrics.ts";
import type { Upstream } from "./upstream.ts";

/** How many processes of a part elsewhere there are, by how they are. */
export function observeUpstream(metrics: Metrics, upstream: Upstream): void {
  metrics.observe(
    "gauge",
    { name: "veza.upstream.instances", unit: "{instance}", help: "Processes of a part elsewhere, by how they are." },
    () => upstream.instances.map(({ state }) => [{ upstream: upstream.name, state }, 1] as const),
  );
  metrics.observe(
    "gauge",
    { name: "veza.upstream.up", unit: "{upstream}", help: "1 while at least one process of the part is well." },
    () => [[{ upstream: upstream.name }, upstream.isUp ? 1 : 0]],
  );
}
