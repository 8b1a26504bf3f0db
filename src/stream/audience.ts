import type { Bus } from "../platform/bus/bus.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { ListenerId, StreamId, UserId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";
import type { Access } from "./access.ts";
import { createAccessWatches } from "./access-watches.ts";
import { type Attendance, createAttendance, type Freed, type Pending } from "./attendance.ts";
import type { StreamWrite, StreamWrites } from "./events/event-log.ts";
import { listenerLeft, qualityChanged } from "./facts.ts";
import { type Call, type InstanceCalls, isUnreachable } from "./instance-calls.ts";
import type { Instances } from "./instances.ts";
import type { DropReason, LivePort } from "./live-port.ts";
import { publicListener } from "./public-view.ts";
import type { ListenerStore, StoredListener } from "./store/listener-store.ts";
import type { StreamStore } from "./store/stream-store.ts";
import type { StreamTables } from "./tables.ts";
import { aboutStream } from "./write-keys.ts";

/** Those who are at streams, from their coming to their leaving: what is in memory of it and what is stored, together. */
export interface Audience extends Disposable {
  readonly attendance: Attendance;
  /** Has listeners leave, at once or when they were last heard of, and lets go of them. Who has left is left out. */
  leave(listeners: readonly StoredListener[], how: Leaving): Promise<StoredListener[]>;
  /** Has everybody leave a stream. */
  leaveAll(streamId: StreamId, reason: DropReason | undefined): Promise<void>;
  /** Lets those go who listen and may not hear what they listen to any more. Mostly that is noticed by itself. */
  recheck(): Promise<void>;
  /** Has another instance's listener go on listening here. */
  takeOver(listener: StoredListener): Promise<void>;
  /** Stores what was listened to here until now. */
  store(): Promise<void>;
  /** Stores what was listened to of a stream until now, at every instance. */
  storeAll(streamId: StreamId): Promise<void>;
  /** Says again who listens here, after this instance was taken for gone. */
  reclaim(): Promise<void>;
  /** Has those leave who have not listened for too long. */
  sweep(signal: AbortSignal): Promise<void>;
  /** Resolves once all that was begun until now is stored. */
  settled(): Promise<void>;
}

export interface Leaving {
  /** Undefined when they left by themselves long ago: then when they last listened. */
  readonly at: number | undefined;
  readonly actorId?: UserId;
  /** What their open calls are told; undefined when these are over or know it. */
  readonly reason: DropReason | undefined;
  /** Not those who listen, or have listened again since. */
  readonly onlyIdle?: boolean;
}

export function createAudience(needs: {
  database: Database<StreamTables>;
  writes: StreamWrites;
  bus: Bus;
  clock: Clock;
  log: Log;
  listeners: ListenerStore;
  streams: Pick<StreamStore, "find">;
  access: Access;
  instances: Pick<Instances, "id">;
  calls: InstanceCalls;
  live: () => LivePort;
}): Audience {
  const { database, writes, bus, clock, log, listeners, streams, access, calls, live } = needs;
  const here = needs.instances.id;
  const running = new Set<Promise<void>>();

  /** For what nobody waits for: what fails is logged. */
  function inBackground(what: string, work: Promise<void>): void {
    const logged = work
      .catch((error: unknown) => log.error({ err: error }, what))
      .finally(() => void running.delete(logged));
    running.add(logged);
  }

  const attendance = createAttendance({
    clock,
    events: {
      began: ({ listenerId, streamId, caller }) => watches.add(listenerId, streamId, caller?.userId),
      ended: (listenerId) => watches.remove(listenerId),
      qualityChanged: (listenerId, streamId, previous, quality) =>
        inBackground(
          "storing a change of quality failed",
          writes.about([aboutStream(streamId)], async ({ tx, append }) => {
            const listener = await listeners.find(tx, listenerId);
            if (listener === undefined || listener.leftAt !== undefined) return;
            await listeners.update(tx, listenerId, { actualQuality: quality });
            await append({
              streamId,
              ...actor(listener),
              at: clock.now(),
              payload: qualityChanged(listenerId, previous, quality),
            });
          }),
        ),
      qualityKnown: (listenerId, streamId, quality) =>
        inBackground(
          "storing a quality failed",
          database.write((tx) => listeners.update(tx, listenerId, { actualQuality: quality }), {
            keys: [aboutStream(streamId)],
          }),
        ),
      freed: (listener) => inBackground("storing that a listener is done failed", freed(listener)),
    },
  });

  const watches = createAccessWatches({
    bus,
    streamChanged: (streamId) => inBackground(rechecking, recheckSome(attendance.all(streamId))),
    userChanged: (userId) =>
      inBackground(rechecking, recheckSome(attendance.all().filter(({ caller }) => caller?.userId === userId))),
  });

  async function freed({ listenerId, streamId, leavesWithCall }: Freed): Promise<void> {
    const at = clock.now();
    if (leavesWithCall) {
      const listener = await listeners.find(database.read, listenerId);
      if (listener !== undefined) await leave([listener], { at, reason: undefined, onlyIdle: true });
      return;
    }
    const pending = attendance.pending(listenerId);
    await database.write(
      async (tx) => {
        if (pending !== undefined) await listeners.putHeard(tx, [pending]);
        // Another call may have come meanwhile.
        if (attendance.listening(listenerId) === undefined) await listeners.unseat(tx, listenerId, here, at);
      },
      { keys: [aboutStream(streamId)] },
    );
    pending?.stored();
    if (attendance.listening(listenerId) === undefined) attendance.forget(listenerId);
  }

  async function leaveOne(write: StreamWrite, id: ListenerId, how: Leaving) {
    const pending = attendance.pending(id);
    if (pending !== undefined) await listeners.putHeard(write.tx, [pending]);
    const listener = await listeners.find(write.tx, id);
    if (listener === undefined || listener.leftAt !== undefined) return undefined;
    if (how.onlyIdle === true && (attendance.listening(id) !== undefined || isElsewhere(listener))) return undefined;
    const leftAt = how.at ?? listener.idleSince ?? listener.seenAt;
    const left = { ...listener, leftAt };
    // Another instance may have had them leave since they were read.
    if (!(await listeners.markLeft(write.tx, id, leftAt))) return undefined;
    await write.append({
      streamId: listener.streamId,
      ...(how.actorId === undefined ? actor(listener) : { actorId: how.actorId }),
      at: clock.now(),
      listeners: -1,
      payload: listenerLeft(publicListener(left)),
    });
    return { left, pending };
  }

  async function leave(gone: readonly StoredListener[], how: Leaving): Promise<StoredListener[]> {
    const all: StoredListener[] = [];
    for (let from = 0; from < gone.length; from += limits.stream.listenersPerWrite) {
      const some = gone.slice(from, from + limits.stream.listenersPerWrite);
      if (how.onlyIdle !== true) await letGoElsewhere(some.filter(isElsewhere), how.reason);
      const left = await writes.about(aboutAll(some), async (write) => {
        const done = [];
        for (const { id } of some) done.push(await leaveOne(write, id, how));
        return done.filter((each) => each !== undefined);
      });
      for (const { pending } of left) pending?.stored();
      drop(how.onlyIdle === true ? left.map((each) => each.left) : some, how.reason);
      all.push(...left.map((each) => each.left));
    }
    return all;
  }

  /** Whether somebody listens at another instance. */
  function isElsewhere({ instance, idleSince }: StoredListener): boolean {
    return idleSince === undefined && instance !== here;
  }

  /** Has other instances store what was listened to there, and let go. Those that are gone have let go of everybody. */
  async function letGoElsewhere(some: readonly StoredListener[], reason: DropReason | undefined): Promise<void> {
    const asked = [...Map.groupBy(some, ({ instance }) => instance)].map(async ([instance, theirs]) => {
      const listenerIds = theirs.map(({ id }) => id);
      try {
        await calls.ask(instance, letGo, { listenerIds, ...(reason !== undefined && { reason }) });
      } catch (error) {
        if (!isUnreachable(error)) throw error;
      }
    });
    await Promise.all(asked);
  }

  async function storeSome(some: readonly Pending[]): Promise<void> {
    for (let from = 0; from < some.length; from += limits.stream.listenersPerWrite) {
      const part = some.slice(from, from + limits.stream.listenersPerWrite);
      await database.write((tx) => listeners.putHeard(tx, part), { keys: aboutAll(part) });
      for (const each of part) each.stored();
    }
  }

  calls.answer(letGo, async ({ listenerIds, reason }) => {
    await storeSome(listenerIds.flatMap((id) => attendance.pending(id) ?? []));
    const listening = listenerIds.flatMap((id) => attendance.listening(id) ?? []);
    drop(
      listening.map(({ listenerId, streamId }) => ({ id: listenerId, streamId })),
      reason,
    );
    return null;
  });
  calls.answer(storeListening, async ({ streamId }) => {
    await storeSome(attendance.allPending(streamId));
    return null;
  });

  /** Lets go of those who have left. */
  function drop(gone: readonly Pick<StoredListener, "id" | "streamId">[], reason: DropReason | undefined): void {
    const listening = gone.filter(({ id }) => attendance.listening(id) !== undefined);
    for (const { id } of gone) attendance.forget(id);
    if (reason === undefined) return;
    for (const [streamId, some] of Map.groupBy(listening, (each) => each.streamId)) {
      const ids = some.map(({ id }) => id);
      live().drop(streamId, ids, reason);
    }
  }

  async function recheckSome(some: ReturnType<Attendance["all"]>): Promise<void> {
    for (const [streamId, listening] of Map.groupBy(some, (each) => each.streamId)) {
      const stream = await streams.find(database.read, streamId);
      for (const { listenerId, caller } of listening) {
        if (stream !== undefined && !stream.isDeleted && (await access.mayHear(caller, stream))) continue;
        const listener = await listeners.find(database.read, listenerId);
        if (listener !== undefined) await leave([listener], { at: clock.now(), reason: "access lost" });
      }
    }
  }

  return {
    attendance,
    leave,
    async leaveAll(streamId, reason) {
      const page = { after: undefined, limit: limits.stream.listenersPerWrite };
      for (;;) {
        const some = await listeners.there(database.read, streamId, page);
        if (some.length === 0) break;
        await leave(some, { at: clock.now(), reason });
      }
      drop(
        attendance.all(streamId).map(({ listenerId }) => ({ id: listenerId, streamId })),
        reason,
      );
    },
    recheck: () => recheckSome(attendance.all()),
    takeOver: (listener) => letGoElsewhere([listener].filter(isElsewhere), "replaced"),
    store: () => storeSome(attendance.allPending()),
    async storeAll(streamId) {
      await Promise.all([storeSome(attendance.allPending(streamId)), calls.askOthers(storeListening, { streamId })]);
    },
    async reclaim() {
      for (const { listenerId, streamId } of attendance.all()) {
        const listener = await listeners.find(database.read, listenerId);
        const isTheirs = listener?.instance === here && listener.leftAt === undefined;
        if (isTheirs)
          await database.write((tx) => listeners.seat(tx, listener, here, listener.preferredQuality), {
            keys: [aboutStream(streamId)],
          });
        else drop([{ id: listenerId, streamId }], listener?.leftAt === undefined ? "replaced" : "left");
      }
    },
    async sweep(signal) {
      const limit: number = limits.stream.listenersPerWrite;
      for (let found = limit; found === limit && !signal.aborted; ) {
        const before = clock.now() - limits.stream.idleListenerMs;
        const idle = await listeners.idleBefore(database.read, before, limit);
        const gone = idle.filter(({ id }) => attendance.listening(id) === undefined);
        await leave(gone, { at: undefined, reason: undefined, onlyIdle: true });
        found = gone.length;
      }
    },
    async settled() {
      while (running.size > 0) await Promise.all(running);
    },
    [Symbol.dispose]: () => watches[Symbol.dispose](),
  };
}

/** Has an instance let go of listeners, once what they listened to is stored. Without a reason their calls are over, or know it. */
const letGo: Call<{ listenerIds: readonly ListenerId[]; reason?: DropReason }, null> = { name: "let-go" };
const storeListening: Call<{ streamId: StreamId }, null> = { name: "store-listening" };

/** The streams that some listeners are of. */
const aboutAll = (some: readonly { streamId: StreamId }[]) => [
  ...new Set(some.map(({ streamId }) => aboutStream(streamId))),
];

const rechecking = "rechecking who may hear a stream failed";

function actor({ userId }: Pick<StoredListener, "userId">): { actorId?: UserId } {
  return userId === "0" ? {} : { actorId: userId };
}
