import type { Metrics } from "../../platform/telemetry/metrics.ts";
import type { Forwarded } from "./forward.ts";

/** Counts what is passed on to parts elsewhere: how it ended, how long it took, and how often it had to be sent again. */
export function countForwarded(metrics: Metrics): (forwarded: Forwarded) => void {
  return ({ upstream, end, tries, durationMs }) => {
    metrics
      .histogram(
        { name: "veza.forward.duration", unit: "s", help: "Requests passed on to a part elsewhere, until their end." },
        { labels: { upstream, end } },
      )
      .record(durationMs / 1000);
    if (tries < 2) return;
    metrics
      .counter(
        { name: "veza.forward.retries", unit: "{try}", help: "Requests that were sent once more, to another process." },
        { upstream },
      )
      .add(tries - 1);
  };
}
