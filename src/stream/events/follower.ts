import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { CloseReason, CloseReasonSchema, ResumeState } from "#gen/veza/stream/v1/stream_event_pb.ts";
import type { Stream } from "#gen/veza/stream/v1/stream_pb.ts";
import { limits } from "../../platform/limits.ts";
import type { EventFeed, EventFilter, EventRange, Piece } from "../../rpc/event-feed/event-feed.ts";
import type { FeedMetrics } from "../../rpc/event-feed/feed-metrics.ts";
import type { PushSink } from "../../rpc/push-stream.ts";
import { followerFrame } from "./frames.ts";

/** What ends a follower's stream of events, and what it is told. */
export interface Ending {
  readonly reason: CloseReason;
  readonly resumable: boolean;
}

/** One stream of events to one client: a number, not a queue. */
export class Follower {
  readonly #feed: EventFeed;
  readonly #sink: PushSink;
  readonly #filter: EventFilter | undefined;
  readonly #metrics: FeedMetrics;
  readonly #listening: Disposable;
  #cursor = 0;
  #started = false;
  #caughtUp = false;
  #reading = false;
  #blocked = false;
  #over = false;

  constructor(feed: EventFeed, sink: PushSink, metrics: FeedMetrics, filter: EventFilter | undefined) {
    this.#feed = feed;
    this.#sink = sink;
    this.#filter = filter;
    this.#metrics = metrics;
    metrics.followers.add(this);
    this.#listening = feed.listen({ onEvents: () => this.#advance() });
    sink.onDrain(() => {
      this.#blocked = false;
      this.#advance();
    });
    sink.onClose(() => this.#cleanUp());
  }

  /** The first frame: where the stream stands. Then what happened since the cursor. */
  start(stream: Stream, range: EventRange, after: number | undefined, now: number): void {
    const isResumable = after === undefined || (after >= range.floor && after <= range.head);
    this.#cursor = after !== undefined && isResumable ? after : range.head;
    const state = isResumable ? ResumeState.RESUMED : ResumeState.SNAPSHOT_REQUIRED;
    const value = { serverTime: timestampFromMs(now), stream, headSequence: BigInt(range.head), state };
    this.#write(followerFrame(this.#sink.format, { case: "hello", value }));
    this.#started = true;
    this.#feed.onHead(range.head, range.floor);
    this.#advance();
  }

  get behind(): number {
    return this.#started ? this.#feed.head - this.#cursor : 0;
  }

  heartbeat(): void {
    if (this.#blocked || this.#over || !this.#started) return;
    const value = { headSequence: BigInt(this.#feed.head) };
    this.#write(followerFrame(this.#sink.format, { case: "heartbeat", value }));
  }

  /** Says goodbye and ends the stream of events. */
  close({ reason, resumable }: Ending): void {
    if (this.#over) return;
    this.#metrics.closed(CloseReasonSchema.value[reason]?.localName);
    const retryAfter = resumable
      ? { retryAfter: durationFromMs(Math.round(Math.random() * limits.follow.retryAfterMs)) }
      : {};
    this.#write(followerFrame(this.#sink.format, { case: "closing", value: { reason, resumable, ...retryAfter } }));
    this.#cleanUp();
    this.#sink.end();
  }

  /** Ends the stream of events with an error. */
  fail(error: unknown): void {
    if (this.#over) return;
    this.#cleanUp();
    this.#sink.end(error);
  }

  /** Writes what there is beyond this follower's number, as far as the reader takes it. */
  #advance(): void {
    while (this.#started && !this.#over && !this.#reading) {
      if (this.#blocked) {
        const behind = this.#feed.head - this.#cursor;
        if (this.#caughtUp && behind > limits.follow.lagEvents) {
          this.close({ reason: CloseReason.TOO_SLOW, resumable: true });
        }
        return;
      }
      const piece = this.#feed.read(this.#cursor, this.#sink.format, undefined, this.#filter);
      if (piece === undefined) {
        this.#caughtUp = true;
        return;
      }
      if (piece instanceof Promise) return this.#readSlowly(piece);
      this.#take(piece);
    }
  }

  #take(piece: Piece): void {
    this.#cursor = piece.to;
    if (piece.bytes.length === 0) return;
    this.#metrics.delivered.value += piece.events;
    this.#write(piece.bytes);
  }

  #readSlowly(piece: Promise<Piece | undefined>): void {
    this.#reading = true;
    piece.then(
      (found) => {
        this.#reading = false;
        if (this.#over) return;
        // Forgotten while it was on its way: the next attempt is told to look at the stream afresh.
        if (found === undefined) return this.close({ reason: CloseReason.TOO_SLOW, resumable: true });
        this.#take(found);
        this.#advance();
      },
      (error: unknown) => {
        this.#reading = false;
        this.fail(error);
      },
    );
  }

  #write(bytes: Uint8Array): void {
    if (!this.#sink.write(bytes)) this.#blocked = true;
  }

  #cleanUp(): void {
    if (this.#over) return;
    this.#over = true;
    this.#metrics.followers.delete(this);
    this.#listening[Symbol.dispose]();
  }
}
