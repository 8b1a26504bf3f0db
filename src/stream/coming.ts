import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import { type InstanceId, type ListenerId, newId, type UserId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { limitReached } from "./errors.ts";
import type { StreamWrite } from "./events/event-log.ts";
import { listenerJoined } from "./facts.ts";
import type { LivePort, WantedQuality } from "./live-port.ts";
import { onAirOf } from "./live-view.ts";
import { publicListener } from "./public-view.ts";
import type { ListenerStore, StoredListener } from "./store/listener-store.ts";
import type { StoredStream } from "./store/stream-store.ts";

/** Whoever is not signed in. */
const nobody = "0" as UserId;

export interface Coming {
  readonly stream: StoredStream;
  /** Undefined for who is not signed in. */
  readonly caller: Principal | undefined;
  readonly preferredQuality: AudioQuality;
  readonly country: string | undefined;
  readonly leavesWithCall: boolean;
}

/** How somebody becomes a listener: the row, the stream's counts and the event, always together. */
export type Come = (write: StreamWrite, coming: Coming) => Promise<StoredListener>;

/** Throws LIMIT_REACHED when the stream is full, or the user listens in too many places. */
export function createCome(needs: {
  clock: Clock;
  instance: InstanceId;
  listeners: ListenerStore;
  live: () => LivePort;
}): Come {
  const { clock, instance, listeners, live } = needs;
  return async (write, { stream, caller, preferredQuality, country, leavesWithCall }) => {
    const { tx, append } = write;
    const { listenersPerStream, listenersPerUser } = limits.stream;
    if (stream.listenerCount >= listenersPerStream) {
      throw limitReached("this stream has as many listeners as it can have: try again later", listenersPerStream);
    }
    if (caller !== undefined && (await listeners.countThereOf(tx, caller.userId)) >= listenersPerUser) {
      throw limitReached("you listen in too many places: leave one first", listenersPerUser);
    }
    const at = clock.now();
    const id = newId<ListenerId>();
    const preferred = wantedOr(preferredQuality, AudioQuality.AUTO);
    const listener: StoredListener = {
      id,
      streamId: stream.id,
      userId: caller?.userId ?? nobody,
      username: caller?.username ?? "",
      person: caller === undefined ? id : `user ${caller.userId}`,
      country: country ?? "",
      streamTitle: stream.title,
      preferredQuality: preferred,
      actualQuality: live().offer(onAirOf(stream), preferred).quality,
      joinedAt: at,
      leftAt: undefined,
      seenAt: at,
      idleSince: leavesWithCall ? undefined : at,
      listenMs: 0,
      volume: stream.volume,
      leavesWithCall,
      instance,
    };
    await listeners.insert(tx, listener);
    if (caller !== undefined) await listeners.meet(tx, stream.id, caller.userId);
    await append({
      streamId: stream.id,
      ...(caller !== undefined && { actorId: caller.userId }),
      at,
      listeners: 1,
      payload: listenerJoined(publicListener(listener)),
    });
    return listener;
  };
}

/** The quality that a request names, else another. */
export function wantedOr(quality: AudioQuality, otherwise: WantedQuality): WantedQuality {
  return quality === AudioQuality.UNSPECIFIED ? otherwise : (quality as WantedQuality);
}
