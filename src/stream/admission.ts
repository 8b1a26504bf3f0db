import { StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Database, Queries } from "../platform/database/database.ts";
import type { ListenerId, StreamId } from "../platform/ids.ts";
import { type Access, callerOf } from "./access.ts";
import type { Audience } from "./audience.ts";
import type { Broadcasts } from "./broadcasts.ts";
import { type Come, wantedOr } from "./coming.ts";
import { listenerNotFound, placeTaken, streamKeyWrong, streamNotFound } from "./errors.ts";
import type { StreamWrites } from "./events/event-log.ts";
import type { Instances } from "./instances.ts";
import { isKeyOf } from "./keys.ts";
import type { Admission, ListenWish, SourcePass } from "./live-port.ts";
import { onAirOf } from "./live-view.ts";
import type { Recordings } from "./recordings.ts";
import { isOnAir, requireMove } from "./states.ts";
import type { ListenerStore, StoredListener } from "./store/listener-store.ts";
import type { StoredStream, StreamStore } from "./store/stream-store.ts";
import type { StreamTables } from "./tables.ts";
import { aboutStream, aboutUser } from "./write-keys.ts";

/** Lets sources and listeners in. */
export function createAdmission(needs: {
  database: Database<StreamTables>;
  writes: StreamWrites;
  streams: StreamStore;
  listeners: ListenerStore;
  access: Access;
  audience: Audience;
  broadcasts: Pick<Broadcasts, "isEnding" | "startBySource">;
  recordings: Pick<Recordings, "playable">;
  instances: Pick<Instances, "id">;
  come: Come;
}): Admission {
  const { database, writes, streams, listeners, access, audience, broadcasts, recordings, come } = needs;
  const here = needs.instances.id;
  const { attendance } = audience;
  /** Listeners that a call has chosen and not yet taken. */
  const claimed = new Set<ListenerId>();

  async function withKey(streamId: StreamId, key: string): Promise<StoredStream> {
    const stream = await streams.find(database.read, streamId);
    if (stream === undefined || stream.isDeleted) throw streamNotFound();
    if (!isKeyOf(stream.keyHash, key)) throw streamKeyWrong();
    return stream;
  }

  /** Sound starts a stream that waited for it. */
  async function pass(stream: StoredStream): Promise<SourcePass> {
    const isReady = isOnAir(stream.status) && !broadcasts.isEnding(stream.id);
    return { stream: onAirOf(isReady ? stream : await broadcasts.startBySource(stream.id)) };
  }

  function requireListenable(stream: StoredStream): void {
    requireMove(broadcasts.isEnding(stream.id) ? StreamStatus.ENDED : stream.status, "listen");
  }

  /** The listener that a call shall be, among those that the caller is already. */
  async function known(tx: Queries<StreamTables>, caller: Principal | undefined, wish: ListenWish) {
    if (wish.listenerId !== undefined) {
      const listener = await listeners.find(tx, wish.listenerId);
      const isTheirs =
        caller !== undefined && listener?.userId === caller.userId && listener.streamId === wish.streamId;
      if (!isTheirs || listener.leftAt !== undefined || isLeaving(listener)) throw listenerNotFound();
      return listener;
    }
    if (caller === undefined || wish.alwaysNew === true) return undefined;
    const mine = await listeners.thereOf(tx, wish.streamId, caller.userId);
    return mine.find((each) => !each.leavesWithCall && !claimed.has(each.id) && !isListening(each));
  }

  /** Of those at other instances that is known from what is stored. */
  function isListening({ id, instance, idleSince }: StoredListener): boolean {
    return instance === here ? attendance.listening(id) !== undefined : idleSince === undefined;
  }

  /** A listener that a call made and that is over: about to be stored as left. */
  function isLeaving(listener: StoredListener): boolean {
    return listener.leavesWithCall && !isListening(listener);
  }

  /** Has the call end that fills the listener's place at another instance: this one takes it. */
  async function takeOver(caller: Principal | undefined, { listenerId }: ListenWish): Promise<void> {
    if (listenerId === undefined || caller === undefined) return;
    const listener = await listeners.find(database.read, listenerId);
    if (listener?.userId === caller.userId) await audience.takeOver(listener);
  }

  return {
    async sourceOf(caller, streamId) {
      const { stream } = await access.require(caller, streamId, "own");
      return pass(stream);
    },
    async sourceByKey(streamId, key) {
      return pass(await withKey(streamId, key));
    },
    async metadataByKey(streamId, key) {
      await withKey(streamId, key);
    },

    async listen(caller, wish) {
      const who = caller && callerOf(caller);
      const allowed = await access.load(who, wish.streamId);
      await takeOver(caller, wish);
      const keys = [aboutStream(wish.streamId), ...(caller === undefined ? [] : [aboutUser(caller.userId)])];
      let mine: ListenerId | undefined;
      const giveBack = () => mine !== undefined && claimed.delete(mine);
      const { stream, listener, nextSpan } = await writes
        .about(keys, async (write) => {
          const { tx } = write;
          // It may run again.
          giveBack();
          const stream = await access.again(tx, allowed, who, "hear");
          requireListenable(stream);
          const found = await known(tx, caller, wish);
          const { preferredQuality, country } = wish;
          const listener =
            found ?? (await come(write, { stream, caller, preferredQuality, country, leavesWithCall: true }));
          const preferred = wantedOr(preferredQuality, listener.preferredQuality);
          if (found !== undefined && !(await listeners.seat(tx, found, here, preferred))) throw placeTaken();
          const nextSpan = found === undefined ? 0 : await listeners.nextSpan(tx, found.id);
          mine = listener.id;
          claimed.add(mine);
          return { stream, listener: { ...listener, preferredQuality: preferred }, nextSpan };
        })
        .finally(giveBack);
      return attendance.seat(listener, onAirOf(stream), who, nextSpan);
    },

    async mayListen(caller, streamId) {
      const { stream } = await access.load(caller && callerOf(caller), streamId);
      requireListenable(stream);
      return onAirOf(stream);
    },

    recording: (caller, recordingId) => recordings.playable(caller && callerOf(caller), recordingId),
  };
}
