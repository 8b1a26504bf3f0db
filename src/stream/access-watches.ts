import type { Bus } from "../platform/bus/bus.ts";
import type { ListenerId, StreamId, UserId } from "../platform/ids.ts";
import { accessSubject, roomsOfUserSubject } from "./events/subjects.ts";

/** Listens for what may change who may hear a stream, as long as somebody does. */
export interface AccessWatches extends Disposable {
  /** `userId` is undefined for who is not signed in. */
  add(listenerId: ListenerId, streamId: StreamId, userId: UserId | undefined): void;
  remove(listenerId: ListenerId): void;
}

export function createAccessWatches(needs: {
  bus: Bus;
  streamChanged: (streamId: StreamId) => void;
  userChanged: (userId: UserId) => void;
}): AccessWatches {
  const { bus, streamChanged, userChanged } = needs;
  const streams = createWatches(bus, accessSubject, streamChanged);
  const users = createWatches(bus, roomsOfUserSubject, userChanged);
  const watches = new Map<ListenerId, DisposableStack>();
  return {
    add(listenerId, streamId, userId) {
      const watch = new DisposableStack();
      watch.use(streams.watch(streamId));
      if (userId !== undefined) watch.use(users.watch(userId));
      watches.set(listenerId, watch);
    },
    remove(listenerId) {
      watches.get(listenerId)?.dispose();
      watches.delete(listenerId);
    },
    [Symbol.dispose]() {
      for (const watch of watches.values()) watch.dispose();
      watches.clear();
    },
  };
}

/** One subscription for each id, however many watch it. */
function createWatches<Id extends string>(bus: Bus, subject: (id: Id) => string, changed: (id: Id) => void) {
  const entries = new Map<Id, { watchers: number; bell: Disposable }>();
  return {
    watch(id: Id): Disposable {
      const entry = entries.get(id) ?? { watchers: 0, bell: bus.subscribe(subject(id), () => changed(id)) };
      entry.watchers += 1;
      entries.set(id, entry);
      return {
        [Symbol.dispose]() {
          entry.watchers -= 1;
          if (entry.watchers > 0) return;
          entry.bell[Symbol.dispose]();
          entries.delete(id);
        },
      };
    },
  };
}
