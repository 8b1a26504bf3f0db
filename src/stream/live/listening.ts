import type { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { CloseReason } from "#gen/veza/stream/v1/stream_event_pb.ts";
import type { Principal } from "../../platform/access/principal.ts";
import { concerns, type Revocations } from "../../platform/access/revocations.ts";
import type { Clock } from "../../platform/clock.ts";
import { Failure, Reason } from "../../platform/failure.ts";
import type { HttpExchange } from "../../platform/http/http-exchange.ts";
import type { ListenerId, StreamId } from "../../platform/ids.ts";
import type { PushSink } from "../../rpc/push-stream.ts";
import type { Admission, DropReason, WantedQuality } from "../live-port.ts";
import { HttpListener, type ListenForm, listenHeaders } from "./http-listen.ts";
import { ListenCall } from "./listen.ts";
import type { OnAirStreams } from "./on-air-streams.ts";

/** Everyone who listens in this process. */
export interface Listening extends Disposable {
  /**
   * Streams sound to one caller until the sink closes or the signal is aborted, and says goodbye then. Resolves once the
   * stream runs. Throws STREAM_NOT_FOUND, WRONG_STREAM_STATE, LISTENER_NOT_FOUND or LIMIT_REACHED before that.
   */
  listen(caller: Principal, wish: ListenCallWish, signal: AbortSignal, sink: PushSink): Promise<void>;
  /** The same over HTTP. */
  listenHttp(exchange: HttpExchange, caller: Principal | undefined, wish: HttpListenWish): Promise<void>;
  /** The headers that `listenHttp` would send, for somebody who then is no listener. */
  headHttp(exchange: HttpExchange, caller: Principal | undefined, wish: HttpListenWish): Promise<void>;
  /** Ends every response with sound. */
  endHttp(): void;
  callOf(listenerId: ListenerId): ListenCall | undefined;
  drop(listenerIds: readonly ListenerId[], reason: DropReason): void;
}

export interface ListenCallWish {
  readonly streamId: StreamId;
  readonly listenerId: ListenerId | undefined;
  readonly preferredQuality: AudioQuality;
  readonly country: string | undefined;
}

export interface HttpListenWish {
  readonly streamId: StreamId;
  readonly form: ListenForm;
  readonly quality: WantedQuality;
  readonly country: string | undefined;
}

export function createListening(needs: {
  admission: () => Admission;
  streams: OnAirStreams;
  revocations: Revocations;
  clock: Clock;
}): Listening {
  const { admission, streams, revocations, clock } = needs;
  const calls = new Map<ListenerId, ListenCall>();
  const players = new Map<ListenerId, { readonly listener: HttpListener; readonly caller: Principal | undefined }>();

  const watch = revocations.onRevoked((revocation) => {
    for (const { listener, caller } of [...players.values()]) {
      if (caller !== undefined && concerns(revocation, caller)) listener.close();
    }
  });

  return {
    async listen(caller, wish, signal, sink) {
      const seat = await admission().listen(caller, wish);
      if (signal.aborted) {
        seat.free();
        throw signal.reason;
      }
      const { listenerId } = seat;
      const call = new ListenCall({
        air: streams.of(seat.stream),
        seat,
        sink,
        onOver() {
          signal.removeEventListener("abort", onAbort);
          if (calls.get(listenerId) === call) calls.delete(listenerId);
        },
      });
      calls.set(listenerId, call);
      function onAbort(): void {
        const reason = closeReasonOf(signal.reason);
        if (reason === undefined) call.fail(signal.reason);
        else call.close(reason);
      }
      signal.addEventListener("abort", onAbort);
    },

    async listenHttp(exchange, caller, { streamId, form, quality, country }) {
      const seat = await admission().listen(caller, {
        streamId,
        preferredQuality: quality,
        country,
        alwaysNew: true,
      });
      if (exchange.closed) return seat.free();
      const { listenerId } = seat;
      // The token's end is the end of what it opened.
      const expiry =
        caller === undefined
          ? undefined
          : setTimeout(() => listener.close(), Math.min(caller.expiresAt - clock.now(), 2 ** 31 - 1)).unref();
      const listener = new HttpListener({
        air: streams.of(seat.stream),
        seat,
        exchange,
        form,
        quality,
        onOver() {
          clearTimeout(expiry);
          players.delete(listenerId);
        },
      });
      players.set(listenerId, { listener, caller });
    },

    async headHttp(exchange, caller, { streamId, form, quality }) {
      const air = streams.of(await admission().mayListen(caller, streamId));
      exchange.begin(200, listenHeaders({ air, form, quality, withTitles: false }), false);
      exchange.end();
    },

    endHttp() {
      for (const { listener } of [...players.values()]) listener.close();
    },
    callOf: (listenerId) => calls.get(listenerId),

    drop(listenerIds, reason) {
      for (const listenerId of listenerIds) {
        calls.get(listenerId)?.close(closeReasons[reason]);
        players.get(listenerId)?.listener.close();
      }
    },

    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}

const closeReasons: Readonly<Record<DropReason, CloseReason>> = {
  left: CloseReason.LEFT,
  "access lost": CloseReason.ACCESS_LOST,
  replaced: CloseReason.REPLACED,
};

/** How a call says goodbye for what ended it; undefined when it ends with that as an error. */
function closeReasonOf(reason: unknown): CloseReason | undefined {
  if (!(reason instanceof Failure)) return undefined;
  switch (reason.reason) {
    case Reason.TOKEN_REVOKED:
      return CloseReason.SESSION_ENDED;
    case Reason.TOKEN_EXPIRED:
      return CloseReason.TOKEN_EXPIRED;
    case Reason.UNAVAILABLE:
      return CloseReason.SHUTDOWN;
    default:
      return undefined;
  }
}
