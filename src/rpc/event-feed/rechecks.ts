import type { Bus } from "../../platform/bus/bus.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import type { EventFeed, EventRange } from "./event-feed.ts";

/** Turns of a round: the more there are, the more evenly the asking is spread. */
const turnsPerRound = 20;
/** Feeds that one question is about. */
const feedsAtOnce = 500;

/**
 * Asks the store where feeds stand, in case bells were lost: every feed once in each round of `limits.follow.recheckMs`,
 * and all of them at once after a gap of the bus. Then nothing is trusted that is remembered of them either: what was
 * lost may have said that earlier events were changed.
 */
export function startRechecks<Id extends string>(needs: {
  bus: Bus;
  log: Log;
  /** The feeds that are followed now. */
  feeds: () => EventFeed<Id>[];
  ranges(ids: readonly Id[]): Promise<ReadonlyMap<Id, EventRange>>;
}): Disposable {
  const { bus, log, feeds, ranges } = needs;
  let round: EventFeed<Id>[] = [];
  let turn = 0;
  let share = 0;
  let asking = false;

  async function ask(asked: readonly EventFeed<Id>[]): Promise<void> {
    try {
      for (let from = 0; from < asked.length; from += feedsAtOnce) {
        const some = asked.slice(from, from + feedsAtOnce);
        const found = await ranges(some.map(({ id }) => id));
        for (const feed of some) {
          const range = found.get(feed.id);
          if (range !== undefined) feed.onHead(range.head, range.floor);
        }
      }
    } catch (error) {
      log.error({ err: error }, "asking where events stand failed");
    }
  }

  const timer = setInterval(() => {
    if (turn === 0) {
      round = feeds();
      share = Math.ceil(round.length / turnsPerRound);
    }
    turn = (turn + 1) % turnsPerRound;
    // A slow store is asked by one turn at a time; the rest of the round is for the next ones.
    if (asking || share === 0) return;
    asking = true;
    void ask(round.splice(-share)).finally(() => {
      asking = false;
    });
  }, limits.follow.recheckMs / turnsPerRound).unref();

  const gap = bus.onGap(() => {
    const all = feeds();
    for (const feed of all) feed.forget();
    void ask(all);
  });

  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      gap[Symbol.dispose]();
    },
  };
}
