import type { Bus } from "../../platform/bus/bus.ts";
import type { RoomId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import { onRoomBell, onSignal, type RoomBell } from "./bells.ts";
import type { EventStore } from "./event-store.ts";
import { RoomFeed } from "./room-feed.ts";

/** The feeds of the rooms that somebody follows here. */
export interface RoomFeeds extends Disposable {
  /**
   * The feeds of these rooms, ready to be listened to; rooms that are not there are missing. Each has to be given back
   * with `release`.
   */
  acquire(roomIds: readonly RoomId[]): Promise<Map<RoomId, RoomFeed>>;
  release(feed: RoomFeed): void;
  get(roomId: RoomId): RoomFeed | undefined;
}

interface Entry {
  readonly feed: Promise<RoomFeed | undefined>;
  ready: RoomFeed | undefined;
  readonly bells: DisposableStack;
  users: number;
}

export function createRoomFeeds(needs: { bus: Bus; store: EventStore; log: Log }): RoomFeeds {
  const { bus, store, log } = needs;
  const entries = new Map<RoomId, Entry>();

  function drop(roomId: RoomId, entry: Entry): void {
    entry.users -= 1;
    if (entry.users > 0) return;
    entry.bells.dispose();
    if (entries.get(roomId) === entry) entries.delete(roomId);
  }

  function open(missing: readonly RoomId[]): void {
    // The bell first, the head second: what happens in between rings, and is not lost.
    const early = new Map<RoomId, RoomBell[]>(missing.map((roomId) => [roomId, []]));
    const ranges = Promise.resolve()
      .then(() => store.ranges(missing))
      .then((found) => new Map(found.map((range) => [range.roomId, range])));
    for (const roomId of missing) {
      const bells = new DisposableStack();
      bells.use(
        onRoomBell(bus, roomId, (bell) => {
          if (entry.ready !== undefined) entry.ready.onBell(bell);
          else early.get(roomId)?.push({ ...bell, body: Buffer.from(bell.body) });
        }),
      );
      bells.use(onSignal(bus, roomId, (signal) => entry.ready?.onSignal(signal)));
      const entry: Entry = {
        ready: undefined,
        users: 0,
        bells,
        feed: ranges.then((found) => {
          const range = found.get(roomId);
          if (range === undefined) return undefined;
          const feed = new RoomFeed(range, store, (error) => {
            log.error({ err: error, room_id: roomId }, "reading events of a room failed");
          });
          entry.ready = feed;
          for (const bell of early.get(roomId) ?? []) feed.onBell(bell);
          return feed;
        }),
      };
      entries.set(roomId, entry);
    }
  }

  async function recheck(): Promise<void> {
    const ready = [...entries.values()].flatMap(({ ready }) => (ready === undefined ? [] : [ready]));
    try {
      for (const { roomId, head, floor } of await store.ranges(ready.map((feed) => feed.roomId))) {
        entries.get(roomId)?.ready?.onHead(head, floor);
      }
    } catch (error) {
      log.error({ err: error }, "asking where rooms stand failed");
    }
  }
  const timer = setInterval(() => void recheck(), limits.follow.recheckMs).unref();

  return {
    async acquire(roomIds) {
      const missing = roomIds.filter((roomId) => !entries.has(roomId));
      if (missing.length > 0) open(missing);
      const wanted = roomIds.map((roomId) => {
        const entry = entries.get(roomId) as Entry;
        entry.users += 1;
        return { roomId, entry };
      });
      const feeds = new Map<RoomId, RoomFeed>();
      try {
        for (const { roomId, entry } of wanted) {
          const feed = await entry.feed;
          if (feed === undefined) drop(roomId, entry);
          else feeds.set(roomId, feed);
        }
      } catch (error) {
        for (const { roomId, entry } of wanted) {
          drop(roomId, entry);
          // A feed that could not be opened is tried afresh by the next one.
          if (entry.ready === undefined && entries.get(roomId) === entry) {
            entry.bells.dispose();
            entries.delete(roomId);
          }
        }
        throw error;
      }
      return feeds;
    },
    release(feed) {
      const entry = entries.get(feed.roomId);
      if (entry !== undefined) drop(feed.roomId, entry);
    },
    get: (roomId) => entries.get(roomId)?.ready,
    [Symbol.dispose]() {
      clearInterval(timer);
      for (const entry of entries.values()) entry.bells.dispose();
      entries.clear();
    },
  };
}
