import type { Bus } from "../../platform/bus/bus.ts";
import type { Log } from "../../platform/log.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";
import { type EventBell, onBell } from "./bell.ts";
import { EventFeed, type EventRange, type EventSource } from "./event-feed.ts";
import { createFeedMetrics, type FeedMetrics } from "./feed-metrics.ts";
import { startRechecks } from "./rechecks.ts";

/** What all feeds of one kind have in common. */
export interface EventFeedsNeeds<Id extends string> {
  readonly bus: Bus;
  readonly log: Log;
  readonly metrics: Metrics;
  /** What is followed, in the metrics' words. */
  readonly name: "chat" | "stream";
  /** The subject of the bus that rings for a thing. */
  subject(id: Id): string;
  source(id: Id): EventSource;
  /** Where these things stand. Those that are not there are missing from the answer. */
  ranges(ids: readonly Id[]): Promise<ReadonlyMap<Id, EventRange>>;
}

/** The feeds of the things that somebody follows here. Nothing is kept, and nothing heard, of those that nobody does. */
export interface EventFeeds<Id extends string> extends Disposable {
  /**
   * The feeds of these things, ready to be listened to; things that are not there are missing. Each has to be given back
   * with `release`.
   */
  acquire(wantedIds: readonly Id[]): Promise<Map<Id, EventFeed<Id>>>;
  release(feed: EventFeed<Id>): void;
  get(id: Id): EventFeed<Id> | undefined;
  /** For those who follow to be counted in. */
  readonly metrics: FeedMetrics;
}

interface Entry<Id extends string> {
  readonly feed: Promise<EventFeed<Id> | undefined>;
  ready: EventFeed<Id> | undefined;
  readonly bell: Disposable;
  users: number;
}

export function createEventFeeds<Id extends string>(needs: EventFeedsNeeds<Id>): EventFeeds<Id> {
  const { bus, log } = needs;
  const entries = new Map<Id, Entry<Id>>();
  const metrics = createFeedMetrics(needs.metrics, needs.name, () => entries.size);

  function drop(id: Id, entry: Entry<Id>): void {
    entry.users -= 1;
    if (entry.users > 0) return;
    entry.bell[Symbol.dispose]();
    if (entries.get(id) === entry) entries.delete(id);
  }

  function open(missing: readonly Id[]): void {
    // The bell first, the head second: what happens in between rings, and is not lost.
    const early = new Map<Id, EventBell[]>(missing.map((id) => [id, []]));
    const ranges = Promise.resolve()
      .then(() => bus.listening())
      .then(() => needs.ranges(missing));
    for (const id of missing) {
      const entry: Entry<Id> = {
        ready: undefined,
        users: 0,
        bell: onBell(bus, needs.subject(id), {
          onBell(bell) {
            if (entry.ready !== undefined) entry.ready.onBell(bell);
            else early.get(id)?.push({ ...bell, body: Buffer.from(bell.body) });
          },
          onSignal: (body) => entry.ready?.onSignal(body),
        }),
        feed: ranges.then((found) => {
          const range = found.get(id);
          if (range === undefined) return undefined;
          const feed = new EventFeed(id, range, {
            source: needs.source(id),
            metrics,
            onFailure: (error) => log.error({ err: error, subject: needs.subject(id) }, "reading events failed"),
          });
          entry.ready = feed;
          for (const bell of early.get(id) ?? []) feed.onBell(bell);
          return feed;
        }),
      };
      entries.set(id, entry);
    }
  }

  const rechecks = startRechecks({
    bus,
    log,
    feeds: () => [...entries.values()].flatMap(({ ready }) => (ready === undefined ? [] : [ready])),
    ranges: (ids) => needs.ranges(ids),
  });

  return {
    async acquire(wantedIds) {
      const missing = wantedIds.filter((id) => !entries.has(id));
      if (missing.length > 0) open(missing);
      const wanted = wantedIds.map((id) => {
        const entry = entries.get(id) as Entry<Id>;
        entry.users += 1;
        return { id, entry };
      });
      const feeds = new Map<Id, EventFeed<Id>>();
      try {
        for (const { id, entry } of wanted) {
          const feed = await entry.feed;
          if (feed === undefined) drop(id, entry);
          else feeds.set(id, feed);
        }
      } catch (error) {
        for (const { id, entry } of wanted) {
          drop(id, entry);
          // A feed that could not be opened is tried afresh by the next one.
          if (entry.ready === undefined && entries.get(id) === entry) {
            entry.bell[Symbol.dispose]();
            entries.delete(id);
          }
        }
        throw error;
      }
      return feeds;
    },
    release(feed) {
      const entry = entries.get(feed.id);
      if (entry !== undefined) drop(feed.id, entry);
    },
    get: (id) => entries.get(id)?.ready,
    metrics,
    [Symbol.dispose]() {
      rechecks[Symbol.dispose]();
      for (const entry of entries.values()) entry.bell[Symbol.dispose]();
      entries.clear();
    },
  };
}
