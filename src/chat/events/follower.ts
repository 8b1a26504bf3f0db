import { fromBinary } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ChatSignalSchema, CloseReason, CloseReasonSchema, ResumeState } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { RoomId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { EventFeed, EventListener, Piece } from "../../rpc/event-feed/event-feed.ts";
import { EventFrame } from "../../rpc/event-feed/event-frame.ts";
import type { FeedMetrics } from "../../rpc/event-feed/feed-metrics.ts";
import type { PushSink } from "../../rpc/push-stream.ts";
import type { UserBell } from "./bells.ts";
import { followerFrame, roomSignalForm } from "./frames.ts";
import { PresenceFrame } from "./presence-frame.ts";

export type RoomFeed = EventFeed<RoomId>;

/** A stretch of a room's events that a follower may see: those after one number, up to another. */
interface Stretch {
  readonly after: number;
  until: number;
}

/** What a bell of leaving or joining changes in what may be seen of a room. */
function note(room: { until: number; later: Stretch[] }, { follows, sequence }: UserBell): void {
  const last = room.later.at(-1);
  if (!follows) {
    const stretch = last !== undefined && last.after < sequence ? last : room;
    stretch.until = Math.min(stretch.until, sequence);
  } else if ((last ?? room).until < sequence) {
    room.later.push({ after: sequence - 1, until: Number.POSITIVE_INFINITY });
  }
}

/** Where one follower is in one room: a number, not a queue. */
class Position implements EventListener {
  readonly feed: RoomFeed;
  readonly follower: Follower;
  readonly state: ResumeState;
  cursor: number;
  caughtUp = false;
  reading = false;
  waiting = false;
  /** The last event that this follower may see; beyond it the room is dropped. */
  until = Number.POSITIVE_INFINITY;
  /** What may be seen once the room is dropped: it was left and joined again before all of that was written. */
  later: Stretch[] = [];
  listening: Disposable;

  constructor(follower: Follower, feed: RoomFeed, after: number | undefined) {
    this.follower = follower;
    this.feed = feed;
    const resumable = after === undefined || feed.reaches(after);
    this.state = resumable ? ResumeState.RESUMED : ResumeState.SNAPSHOT_REQUIRED;
    this.cursor = after !== undefined && resumable ? after : feed.head;
    this.listening = feed.listen(this);
  }

  onEvents(): void {
    this.follower.advance(this);
  }

  onSignal(signal: EventFrame): void {
    // Who may see no more events of the room may see no signals either.
    if (this.until !== Number.POSITIVE_INFINITY) return;
    if (signal instanceof PresenceFrame && !this.follower.sees(this.feed.id, signal)) return;
    this.follower.signal(signal);
  }
}

/** What ends a follower's stream, and what it is told. */
export interface Ending {
  readonly reason: CloseReason;
  readonly resumable: boolean;
}

/** One stream of events to one client: any number of rooms, each at its own number. */
export class Follower {
  readonly #sink: PushSink;
  readonly #positions = new Map<RoomId, Position>();
  readonly #waiting = new Set<Position>();
  readonly #metrics: FeedMetrics;
  readonly #onDropped: (feed: RoomFeed) => void;
  /** Whether the user may see of somebody in a room that they are there. */
  readonly sees: (roomId: RoomId, signal: PresenceFrame) => boolean;
  #blocked = false;
  #over = false;

  constructor(
    sink: PushSink,
    {
      metrics,
      sees,
      onDropped,
    }: Pick<Follower, "sees"> & {
      metrics: FeedMetrics;
      onDropped: (feed: RoomFeed) => void;
    },
  ) {
    this.#sink = sink;
    this.sees = sees;
    this.#metrics = metrics;
    metrics.followers.add(this);
    this.#onDropped = onDropped;
    sink.onDrain(() => {
      this.#blocked = false;
      for (const position of [...this.#waiting]) {
        if (this.#blocked) return;
        this.#waiting.delete(position);
        this.advance(position);
      }
    });
    sink.onClose(() => this.#cleanUp());
  }

  get roomCount(): number {
    return this.#positions.size;
  }

  get roomIds(): RoomId[] {
    return [...this.#positions.keys()];
  }

  /** In the room that it is furthest behind in; those that it keeps up with are not asked. */
  get behind(): number {
    let most = 0;
    for (const { feed, cursor } of this.#waiting) most = Math.max(most, feed.head - cursor);
    return most;
  }

  get isOver(): boolean {
    return this.#over;
  }

  follows(roomId: RoomId): boolean {
    return this.#positions.has(roomId);
  }

  /** The first frame: where every room stands. Then what each room missed. `since` are bells that rang before this. */
  start(
    feeds: Iterable<RoomFeed>,
    { cursors, since, now }: { cursors: ReadonlyMap<string, number>; since: readonly UserBell[]; now: number },
  ): void {
    for (const feed of feeds) {
      this.#positions.set(feed.id, new Position(this, feed, cursors.get(feed.id)));
    }
    for (const bell of since) {
      const position = this.#positions.get(bell.roomId);
      if (position !== undefined) note(position, bell);
    }
    const rooms = [...this.#positions.values()].map(({ feed, state }) => head(feed, state));
    this.#write(
      followerFrame(this.#sink.format, { case: "hello", value: { serverTime: timestampFromMs(now), rooms } }),
    );
    for (const position of [...this.#positions.values()]) this.advance(position);
  }

  /** A room joined while the stream is open: its events from the joining on. `since` are bells that rang after that one. */
  add(feed: RoomFeed, after: number, since: readonly UserBell[]): void {
    if (this.#over || this.#positions.has(feed.id)) {
      this.#onDropped(feed);
      return;
    }
    const room = { until: Number.POSITIVE_INFINITY, later: [] };
    for (const bell of since) note(room, bell);
    this.#attach(feed, { after, until: room.until }, room.later);
  }

  /** A room that is followed was left or joined: what may be seen of it ends with that event, or goes on with it. */
  hear(bell: UserBell): void {
    const position = this.#positions.get(bell.roomId);
    if (position === undefined) return;
    note(position, bell);
    this.advance(position);
  }

  /** A room that may be followed no more, whatever was said before. */
  drop(roomId: RoomId): void {
    const position = this.#positions.get(roomId);
    if (position === undefined) return;
    position.later = [];
    position.until = 0;
    this.advance(position);
  }

  /** What passes goes to who keeps up, and is not kept for others. */
  signal(signal: EventFrame): void {
    if (!this.#blocked && !this.#over) this.#write(signal.bytes(this.#sink.format));
  }

  /** What passes for this user alone, in a room that is followed here. */
  ownSignal(body: Uint8Array): void {
    const { roomId } = fromBinary(ChatSignalSchema, body);
    if (this.#positions.has(roomId as RoomId)) this.signal(new EventFrame(0, body, roomSignalForm));
  }

  heartbeat(): void {
    if (this.#blocked || this.#over) return;
    const rooms = [...this.#positions.values()].map(({ feed }) => head(feed, ResumeState.RESUMED));
    this.#write(followerFrame(this.#sink.format, { case: "heartbeat", value: { rooms } }));
  }

  /** Says goodbye and ends the stream. */
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

  /** Ends the stream with an error. */
  fail(error: unknown): void {
    if (this.#over) return;
    this.#cleanUp();
    this.#sink.end(error);
  }

  /** Writes what a room has beyond this follower's number, as far as the reader takes it. */
  advance(position: Position): void {
    if (this.#takeNewest(position)) return;
    while (!this.#over && !position.reading) {
      if (position.cursor >= position.until) return this.#drop(position);
      if (this.#blocked) return this.#wait(position);
      const piece = position.feed.read(position.cursor, this.#sink.format, position.until);
      if (piece === undefined) return this.#caughtUp(position);
      if (piece instanceof Promise) return this.#readSlowly(position, piece);
      this.#take(position, piece);
    }
  }

  /** What almost every delivery is: someone up to date gets what just happened. True when that was all. */
  #takeNewest(position: Position): boolean {
    const { feed, until } = position;
    if (!position.caughtUp || this.#blocked || this.#over || position.reading || until < feed.head) return false;
    const piece = feed.read(position.cursor, this.#sink.format);
    if (piece === undefined || piece instanceof Promise || piece.to !== feed.head) return false;
    this.#take(position, piece);
    return true;
  }

  #take(position: Position, piece: Piece): void {
    this.#metrics.delivered.value += piece.events;
    position.cursor = piece.to;
    this.#write(piece.bytes);
  }

  #readSlowly(position: Position, piece: Promise<Piece | undefined>): void {
    position.reading = true;
    piece.then(
      (found) => {
        position.reading = false;
        if (this.#over || !this.#positions.has(position.feed.id)) return;
        if (found === undefined) {
          // Forgotten while it was on its way: the next attempt is told to read the room afresh.
          this.close({ reason: CloseReason.TOO_SLOW, resumable: true });
          return;
        }
        // Read before the room was to be dropped, it may go too far: then it is read again.
        if (found.to <= position.until) this.#take(position, found);
        this.advance(position);
      },
      (error: unknown) => {
        position.reading = false;
        this.fail(error);
      },
    );
  }

  #wait(position: Position): void {
    this.#waiting.add(position);
    if (position.caughtUp && position.feed.head - position.cursor > limits.follow.lagEvents) {
      this.close({ reason: CloseReason.TOO_SLOW, resumable: true });
    }
  }

  #caughtUp(position: Position): void {
    if (position.caughtUp) return;
    position.caughtUp = true;
    const value = { roomId: position.feed.id, sequence: BigInt(position.cursor) };
    this.#write(followerFrame(this.#sink.format, { case: "caughtUp", value }));
  }

  #write(bytes: Uint8Array): void {
    if (!this.#sink.write(bytes)) this.#blocked = true;
  }

  #drop(position: Position): void {
    position.listening[Symbol.dispose]();
    this.#positions.delete(position.feed.id);
    this.#waiting.delete(position);
    const [next, ...later] = this.#over ? [] : position.later;
    if (next === undefined) this.#onDropped(position.feed);
    else this.#attach(position.feed, { ...next, after: Math.max(next.after, position.cursor) }, later);
  }

  #attach(feed: RoomFeed, { after, until }: Stretch, later: Stretch[]): void {
    const position = new Position(this, feed, Math.min(after, feed.head));
    position.until = until;
    position.later = later;
    this.#positions.set(feed.id, position);
    this.advance(position);
  }

  #cleanUp(): void {
    if (this.#over) return;
    this.#over = true;
    this.#metrics.followers.delete(this);
    for (const position of [...this.#positions.values()]) this.#drop(position);
  }
}

function head(feed: RoomFeed, state: ResumeState) {
  return { roomId: feed.id, headSequence: BigInt(feed.head), state };
}
