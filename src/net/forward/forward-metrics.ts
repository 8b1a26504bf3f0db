import type { Counter, Histogram } from "../../platform/telemetry/instruments.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";
import type { Forwarded } from "./forward.ts";
import type { PassageEnd } from "./passage.ts";

/** Counts what is passed on to parts elsewhere: how it ended, how long it took, and how often it had to be sent again. */
export function countForwarded(metrics: Metrics): (forwarded: Forwarded) => void {
  const durations = new Map<string, Map<PassageEnd, Histogram>>();
  const retries = new Map<string, Counter>();

  function durationOf(upstream: string, end: PassageEnd): Histogram {
    const known = durations.get(upstream)?.get(end);
    if (known !== undefined) return known;
    const made = metrics.histogram(
      { name: "veza.forward.duration", unit: "s", help: "Requests passed on to a part elsewhere, until their end." },
      { labels: { upstream, end } },
    );
    durations.set(upstream, (durations.get(upstream) ?? new Map()).set(end, made));
    return made;
  }
  function retriesOf(upstream: string): Counter {
    const known = retries.get(upstream);
    if (known !== undefined) return known;
    const made = metrics.counter(
      { name: "veza.forward.retries", unit: "{try}", help: "Requests that were sent once more, to another process." },
      { upstream },
    );
    retries.set(upstream, made);
    return made;
  }

  return ({ upstream, end, tries, durationMs }) => {
    durationOf(upstream, end).record(durationMs / 1000);
    if (tries > 1) retriesOf(upstream).add(tries - 1);
  };
}
