import type { Counter } from "../../platform/telemetry/instruments.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";

/** Counts events once they are stored, by kind: the names that the contract has for their payloads. */
export function createEventCounter(metrics: Metrics, feed: "chat" | "stream"): (kind: string | undefined) => void {
  const counters = new Map<string, Counter>();
  return (kind = "unspecified") => {
    let counter = counters.get(kind);
    if (counter === undefined) {
      counter = metrics.counter(
        { name: `veza.${feed}.events`, unit: "{event}", help: "Events that were stored, by kind." },
        { kind },
      );
      counters.set(kind, counter);
    }
    counter.value += 1;
  };
}
