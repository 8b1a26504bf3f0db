import type { Counter } from "../../platform/telemetry/instruments.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";

/** Somebody who follows, as far as it is measured. */
export interface MeasuredFollower {
  /** How many events they have not got, in what they are furthest behind in. */
  readonly behind: number;
}

/** What is measured of following events: the same for rooms and for streams. */
export interface FeedMetrics {
  /** Everybody who follows here now. */
  readonly followers: Set<MeasuredFollower>;
  /** Events written, once for each follower. */
  readonly delivered: Counter;
  /** Readings that were answered from memory. */
  readonly fromMemory: Counter;
  /** Readings of the store: each brings a page of events. */
  readonly fromStore: Counter;
  /** A stream of events was closed by us. `reason` is the name in the contract's CloseReason. */
  closed(reason: string | undefined): void;
}

/** `feed` names what is followed. */
export function createFeedMetrics(metrics: Metrics, feed: "chat" | "stream", feeds: () => number): FeedMetrics {
  const labels = { feed };
  const followers = new Set<MeasuredFollower>();
  const reads = { name: "veza.follow.reads", unit: "{read}", help: "Readings of events, by where they came from." };
  const observe = (name: string, unit: string, help: string, read: () => number) =>
    metrics.observe("gauge", { name, unit, help }, () => [[labels, read()]]);

  const closed = {
    name: "veza.follow.closed",
    unit: "{stream}",
    help: "Streams of events that were closed here, by reason.",
  };
  // There from the start: Prometheus sees no increase in a series that begins with its first count.
  metrics.counter(closed, { ...labels, reason: "TOO_SLOW" });
  observe("veza.follow.followers", "{stream}", "Open streams of events.", () => followers.size);
  observe("veza.follow.feeds", "{feed}", "Rooms or streams that somebody follows here.", feeds);
  observe("veza.follow.lag", "{event}", "Events that the slowest follower has not got.", () => {
    let most = 0;
    for (const { behind } of followers) if (behind > most) most = behind;
    return most;
  });
  return {
    followers,
    delivered: metrics.counter(
      { name: "veza.follow.delivered", unit: "{event}", help: "Events written, once for each follower." },
      labels,
    ),
    fromMemory: metrics.counter(reads, { ...labels, from: "memory" }),
    fromStore: metrics.counter(reads, { ...labels, from: "store" }),
    closed(reason = "UNSPECIFIED") {
      metrics.counter(closed, { ...labels, reason }).add();
    },
  };
}
