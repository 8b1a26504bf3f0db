import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { Listener } from "#gen/veza/stream/v1/listener_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { ListenerId, StreamId } from "../platform/ids.ts";
import { type Requests, requestOf } from "../platform/requests/requests.ts";
import type { Access } from "./access.ts";
import type { Audience } from "./audience.ts";
import { type Come, wantedOr } from "./coming.ts";
import { listenerNotFound, qualityUnavailable } from "./errors.ts";
import type { StreamWrites } from "./events/event-log.ts";
import { type Call, type InstanceCalls, isUnreachable } from "./instance-calls.ts";
import type { Instances } from "./instances.ts";
import type { LivePort, Offer, WantedQuality } from "./live-port.ts";
import { onAirOf } from "./live-view.ts";
import { publicListener } from "./public-view.ts";
import { requireMove } from "./states.ts";
import type { ListenerStore, StoredListener } from "./store/listener-store.ts";
import type { StoredStream, StreamStore } from "./store/stream-store.ts";
import type { StreamTables } from "./tables.ts";
import { aboutRequest, aboutStream, aboutUser } from "./write-keys.ts";

/** Those who listen, by the calls that need no sound. What each method throws is in the contract. */
export interface Listeners {
  join(
    caller: Principal,
    wish: { streamId: StreamId; quality: AudioQuality; country: string | undefined },
    requestId: string,
  ): Promise<{ listener: StoredListener; offer: Offer }>;
  /** Answers how long sound was sent to those who left, together. */
  leave(caller: Principal, streamId: StreamId, listenerId: ListenerId | undefined): Promise<{ listenMs: number }>;
  /** Those who are there after a listener, in the order in which they joined; `total` counts all pages. */
  list(
    caller: Principal,
    streamId: StreamId,
    page: { after: ListenerId | undefined; limit: number },
  ): Promise<{ listeners: Listener[]; total: number }>;
  /** Answers the quality that the caller gets. */
  changeQuality(
    caller: Principal,
    streamId: StreamId,
    listenerId: ListenerId | undefined,
    quality: AudioQuality,
  ): Promise<WantedQuality>;
  reportPlayback(
    caller: Principal,
    streamId: StreamId,
    listenerId: ListenerId,
    report: { bufferedMs: number; underruns: number },
  ): Promise<WantedQuality>;
  setVolume(caller: Principal, streamId: StreamId, listenerId: ListenerId | undefined, volume: number): Promise<void>;
}

/** Questions to the instance where somebody listens; the answer is the quality from here on, null when they do not. */
const changeCall: Call<{ listenerId: ListenerId; wanted: WantedQuality }, WantedQuality | null> = {
  name: "change-quality",
};
const reportCall: Call<
  { listenerId: ListenerId; report: { bufferedMs: number; underruns: number } },
  WantedQuality | null
> = { name: "report-playback" };
/** Without names, everybody who listens to the stream there. */
const volumeCall: Call<{ streamId: StreamId; listenerIds?: readonly ListenerId[]; volume: number }, null> = {
  name: "volume",
};

export function createListeners(needs: {
  database: Database<StreamTables>;
  writes: StreamWrites;
  clock: Clock;
  streams: StreamStore;
  listeners: ListenerStore;
  requests: Requests<StreamTables>;
  access: Access;
  audience: Audience;
  come: Come;
  instances: Pick<Instances, "id">;
  calls: InstanceCalls;
  live: () => LivePort;
}): Listeners {
  const { database, writes, clock, streams, listeners, requests, access, audience, come, calls, live } = needs;
  const { attendance } = audience;
  const here = needs.instances.id;

  calls.answer(changeCall, async ({ listenerId, wanted }) => live().changeQuality(listenerId, wanted) ?? null);
  calls.answer(reportCall, async ({ listenerId, report }) => live().reportPlayback(listenerId, report) ?? null);
  calls.answer(volumeCall, async ({ streamId, listenerIds, volume }) => {
    tellVolume(streamId, listenerIds, volume);
    return null;
  });

  /** What the call comes to at the instance where somebody listens; undefined when they do not, or it cannot be reached. */
  async function whereListening<Question, Answer>(
    { instance, idleSince }: StoredListener,
    call: Call<Question, Answer | null>,
    question: Question,
  ): Promise<Answer | undefined> {
    if (idleSince !== undefined) return undefined;
    try {
      return (await calls.ask(instance, call, question)).content ?? undefined;
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      return undefined;
    }
  }

  async function change(listener: StoredListener, wanted: WantedQuality): Promise<WantedQuality | undefined> {
    if (listener.instance === here) return live().changeQuality(listener.id, wanted);
    return whereListening(listener, changeCall, { listenerId: listener.id, wanted });
  }

  /** Tells those who listen here: the ones that are named, or all. */
  function tellVolume(streamId: StreamId, listenerIds: readonly ListenerId[] | undefined, volume: number): void {
    const ids = attendance.all(streamId).map((each) => each.listenerId);
    const told = listenerIds === undefined ? ids : ids.filter((id) => listenerIds.includes(id));
    if (told.length > 0) live().setVolume(told, volume);
  }

  /** The one that is named, or all that the caller is there. Throws LISTENER_NOT_FOUND for one that is not the caller's. */
  async function ofCaller(caller: Principal, streamId: StreamId, listenerId: ListenerId | undefined) {
    if (listenerId === undefined) return listeners.thereOf(database.read, streamId, caller.userId);
    const listener = await listeners.find(database.read, listenerId);
    const isTheirs = listener?.streamId === streamId && listener.userId === caller.userId;
    if (listener === undefined || !isTheirs) throw listenerNotFound();
    return [listener];
  }

  /** The same, but there have to be some, and they have to be there still. */
  async function thereOf(caller: Principal, streamId: StreamId, listenerId: ListenerId | undefined) {
    const found = (await ofCaller(caller, streamId, listenerId)).filter(({ leftAt }) => leftAt === undefined);
    if (found.length === 0) throw listenerNotFound();
    return found;
  }

  function requireAvailable(stream: StoredStream, wanted: WantedQuality): void {
    const { available } = live().sound(stream.id) ?? stream.sound;
    if (wanted === AudioQuality.AUTO || available.length === 0) return;
    if (!available.includes(wanted)) throw qualityUnavailable();
  }

  return {
    async join(caller, { streamId, quality, country }, requestId) {
      const allowed = await access.load(caller, streamId);
      const request = requestOf(caller.userId, requestId, "JoinStream", [streamId, quality]);
      const keys = [aboutStream(streamId), aboutUser(caller.userId), ...aboutRequest(request)];
      return writes.about(keys, async (write) => {
        const { tx } = write;
        const stream = await access.again(tx, allowed, caller, "hear");
        const answer = (listener: StoredListener) => {
          const offer = live().offer(onAirOf(stream), listener.preferredQuality);
          return { listener, offer };
        };
        const earlier = await requests.earlierResult(tx, request);
        const before = earlier && (await listeners.find(tx, earlier as ListenerId));
        if (before) return answer(before);

        requireMove(stream.status, "listen");
        const listener = await come(write, {
          stream,
          caller,
          preferredQuality: quality,
          country,
          leavesWithCall: false,
        });
        await requests.remember(tx, request, listener.id);
        return answer(listener);
      });
    },

    async leave(caller, streamId, listenerId) {
      await access.load(caller, streamId);
      const found = await ofCaller(caller, streamId, listenerId);
      const at = clock.now();
      const left = await audience.leave(found, { at, actorId: caller.userId, reason: "left" });
      const before = found.filter(({ leftAt }) => leftAt !== undefined);
      return { listenMs: [...left, ...before].reduce((sum, { listenMs }) => sum + listenMs, 0) };
    },

    async list(caller, streamId, page) {
      const { stream } = await access.load(caller, streamId);
      const found = await listeners.there(database.read, streamId, page);
      const shown = found.map((listener) => {
        const isElsewhere = listener.instance !== here && listener.idleSince === undefined;
        return publicListener(listener, isElsewhere ? listener : attendance.listening(listener.id));
      });
      return { listeners: shown, total: stream.listenerCount };
    },

    async changeQuality(caller, streamId, listenerId, quality) {
      const { stream } = await access.load(caller, streamId);
      const wanted = wantedOr(quality, AudioQuality.AUTO);
      const found = await thereOf(caller, streamId, listenerId);
      requireAvailable(stream, wanted);
      // Those who listen are told of it at the packet from which it holds; the others get it when they listen.
      const offered = live().offer(onAirOf(stream), wanted).quality;
      const changed = await Promise.all(
        found.map(async (each) => ({ id: each.id, actual: await change(each, wanted) })),
      );
      await database.write(
        async (tx) => {
          for (const { id, actual } of changed) {
            await listeners.update(tx, id, {
              preferredQuality: wanted,
              ...(actual === undefined && { actualQuality: offered }),
            });
          }
        },
        { keys: [aboutStream(streamId)] },
      );
      return changed.find(({ actual }) => actual !== undefined)?.actual ?? offered;
    },

    async reportPlayback(caller, streamId, listenerId, report) {
      await access.load(caller, streamId);
      const [listener] = await thereOf(caller, streamId, listenerId);
      const known = listener as StoredListener;
      const quality =
        known.instance === here
          ? live().reportPlayback(listenerId, report)
          : await whereListening(known, reportCall, { listenerId, report });
      return quality ?? known.actualQuality;
    },

    async setVolume(caller, streamId, listenerId, volume) {
      const { standing } = await access.load(caller, streamId);
      if (standing === "streamer" && listenerId === undefined) {
        await database.write(
          async (tx) => {
            await streams.update(tx, streamId, { volume });
            await listeners.setVolume(tx, streamId, volume);
          },
          { keys: [aboutStream(streamId)] },
        );
        tellVolume(streamId, undefined, volume);
        await calls.askOthers(volumeCall, { streamId, volume });
        return;
      }
      const found = await thereOf(caller, streamId, listenerId);
      await database.write(
        async (tx) => {
          for (const { id } of found) await listeners.update(tx, id, { volume });
        },
        { keys: [aboutStream(streamId)] },
      );
      const listenerIds = found.map(({ id }) => id);
      tellVolume(streamId, listenerIds, volume);
      if (found.some(({ instance }) => instance !== here)) {
        await calls.askOthers(volumeCall, { streamId, listenerIds, volume });
      }
    },
  };
}
