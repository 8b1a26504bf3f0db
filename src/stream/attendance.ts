import type { Clock } from "../platform/clock.ts";
import type { ListenerId, StreamId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import type { Caller } from "./access.ts";
import type { OnAirStream, Rendition, Seat, WantedQuality } from "./live-port.ts";
import type { Span, StoredListener } from "./store/listener-store.ts";

/** What is not stored yet of one listener. */
export interface Pending {
  readonly listenerId: ListenerId;
  readonly streamId: StreamId;
  readonly spans: readonly Span[];
  readonly listenMs: number;
  /** What was sent last. */
  readonly quality: Rendition;
  readonly seenAt: number;
  /** Call it once it is stored. */
  stored(): void;
}

/** What somebody does who listens right now. */
export interface Listening {
  readonly listenerId: ListenerId;
  readonly streamId: StreamId;
  /** Who it is: to see whether they may still listen. */
  readonly caller: Caller;
  readonly listenMs: number;
  /** What was sent last in this process; undefined before anything was. */
  readonly quality: Rendition | undefined;
}

/** A listener whose call is over. */
export interface Freed {
  readonly listenerId: ListenerId;
  readonly streamId: StreamId;
  readonly leavesWithCall: boolean;
}

/** What attendance tells of. */
export interface AttendanceEvents {
  /** Somebody listens who did not. */
  began(listening: Listening): void;
  /** And does not any more. */
  ended(listenerId: ListenerId): void;
  /** Not told of the first quality of a call. */
  qualityChanged(listenerId: ListenerId, streamId: StreamId, previous: WantedQuality, quality: WantedQuality): void;
  /** The first quality of a call, when it is not the one that the listener was told. */
  qualityKnown(listenerId: ListenerId, streamId: StreamId, quality: WantedQuality): void;
  /** A listener's call is over, and no other took its place. */
  freed(listener: Freed): void;
}

/** Who listens in this process right now, and what was sent to them since it was last stored. */
export interface Attendance {
  /** Gives a listener's place to a call; the call that had it before is told. `nextSpan` numbers what will be sent. */
  seat(listener: StoredListener, stream: OnAirStream, caller: Caller, nextSpan: number): Seat;
  /** Undefined for who does not listen right now. */
  listening(listenerId: ListenerId): Listening | undefined;
  /** Those of one stream, or of all. */
  all(streamId?: StreamId): Listening[];
  /** What is not stored yet; undefined when all is. */
  pending(listenerId: ListenerId): Pending | undefined;
  /** All that is not stored yet, of one stream or of all. */
  allPending(streamId?: StreamId): Pending[];
  /** Forgets a listener who left: the call that holds the place is void. */
  forget(listenerId: ListenerId): void;
}

export function createAttendance(needs: { clock: Clock; events: AttendanceEvents }): Attendance {
  const { clock, events } = needs;
  const places = new Map<ListenerId, Place>();
  const chosen = (streamId: StreamId | undefined) =>
    [...places.values()].filter((place) => streamId === undefined || place.streamId === streamId);

  return {
    seat(listener, stream, caller, nextSpan) {
      let place = places.get(listener.id);
      if (place === undefined) {
        place = new Place(listener, caller, nextSpan, clock);
        places.set(listener.id, place);
      }
      const own = place;
      const holder: Holder = { onReplaced: [] };
      const isNew = own.holder === undefined;
      own.replaceBy(holder);
      if (isNew) events.began(own);
      const holds = () => own.holder === holder;
      let quality: WantedQuality | undefined;
      return {
        listenerId: listener.id,
        stream,
        preferredQuality: listener.preferredQuality,
        volume: listener.volume,
        get listenMs() {
          return own.listenMs;
        },
        sent(rendition, ms) {
          if (holds()) own.sent(rendition, ms);
        },
        qualityIs(next) {
          if (!holds() || quality === next) return;
          const previous = quality;
          quality = next;
          if (previous === undefined) {
            if (next !== listener.actualQuality) events.qualityKnown(listener.id, own.streamId, next);
          } else events.qualityChanged(listener.id, own.streamId, previous, next);
        },
        free() {
          if (!holds()) return;
          own.holder = undefined;
          events.ended(listener.id);
          const { streamId } = own;
          events.freed({ listenerId: listener.id, streamId, leavesWithCall: listener.leavesWithCall });
        },
        onReplaced(tell) {
          holder.onReplaced.push(tell);
        },
      };
    },
    listening(listenerId) {
      const place = places.get(listenerId);
      return place?.holder === undefined ? undefined : place;
    },
    all: (streamId) => chosen(streamId).filter(({ holder }) => holder !== undefined),
    pending: (listenerId) => places.get(listenerId)?.pending(),
    allPending: (streamId) => chosen(streamId).flatMap((place) => place.pending() ?? []),
    forget(listenerId) {
      const place = places.get(listenerId);
      places.delete(listenerId);
      if (place?.holder === undefined) return;
      place.holder = undefined;
      events.ended(listenerId);
    },
  };
}

interface Holder {
  readonly onReplaced: (() => void)[];
}

/** One listener's place, whichever call fills it. */
class Place implements Listening {
  readonly listenerId: ListenerId;
  readonly streamId: StreamId;
  readonly caller: Caller;
  holder: Holder | undefined;
  listenMs: number;
  readonly #clock: Clock;
  #seenAt: number;
  #nextSpan: number;
  /** Not stored yet as they are now; the last one may still grow. */
  #spans: Span[] = [];
  #last: Span | undefined;

  constructor(listener: StoredListener, caller: Caller, nextSpan: number, clock: Clock) {
    this.listenerId = listener.id;
    this.streamId = listener.streamId;
    this.caller = caller;
    this.listenMs = listener.listenMs;
    this.#seenAt = listener.seenAt;
    this.#nextSpan = nextSpan;
    this.#clock = clock;
  }

  get quality(): Rendition | undefined {
    return this.#last?.quality;
  }

  replaceBy(holder: Holder): void {
    const before = this.holder;
    this.holder = holder;
    for (const tell of before?.onReplaced ?? []) tell();
  }

  sent(quality: Rendition, ms: number): void {
    const now = this.#clock.now();
    const last = this.#last;
    this.listenMs += ms;
    this.#seenAt = now;
    if (last !== undefined && last.quality === quality && now - last.toAt <= limits.stream.spanGapMs) {
      this.#put({ ...last, toAt: Math.max(last.toAt, now), ms: last.ms + ms });
      return;
    }
    const { listenerId, streamId } = this;
    this.#put({ listenerId, number: this.#nextSpan++, streamId, quality, fromAt: now, toAt: now + 1, ms });
  }

  #put(span: Span): void {
    this.#last = span;
    if (this.#spans.at(-1)?.number === span.number) this.#spans[this.#spans.length - 1] = span;
    else this.#spans.push(span);
  }

  pending(): Pending | undefined {
    const quality = this.#spans.at(-1)?.quality;
    if (quality === undefined) return undefined;
    const spans = [...this.#spans];
    const { listenerId, streamId, listenMs } = this;
    const stored = () => {
      this.#spans = this.#spans.filter((span) => !spans.includes(span));
    };
    return { listenerId, streamId, spans, listenMs: Math.round(listenMs), quality, seenAt: this.#seenAt, stored };
  }
}
