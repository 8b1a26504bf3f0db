import { limits } from "../../platform/limits.ts";
import type { EventBell } from "./bell.ts";
import { type EventForm, EventFrame, type Format, joined } from "./event-frame.ts";
import type { FeedMetrics } from "./feed-metrics.ts";

/** Where a numbered list of events stands. */
export interface EventRange {
  /** The last event's number; 0 before the first. */
  readonly head: number;
  /** Events up to this number are no longer kept. */
  readonly floor: number;
}

/** What a feed reads, and how it shows that. */
export interface EventSource {
  readonly events: EventForm;
  /** Absent for things without signals. */
  readonly signals?: EventForm;
  /** The events after a number, at most `limit`, without holes. Empty when there are none, or they are forgotten. */
  after(sequence: number, limit: number): Promise<readonly { sequence: number; body: Uint8Array }[]>;
  /** Whether this event was stored together with changes of earlier ones. */
  rewritesThePast(body: Uint8Array): boolean;
  /** An event was read that its bell has not brought: others that ring along with it may be late or lost too. */
  onMissed?(sequence: number, body: Uint8Array): void;
}

/** Which events somebody follows. `key` names it: who has the same gets the same bytes. */
export interface EventFilter {
  readonly key: string;
  takes(body: Uint8Array): boolean;
}

/** Who wants to hear of events. */
export interface EventListener {
  /** There are events beyond what was there before: read on. Runs once a turn of the loop, whatever happened in it. */
  onEvents(): void;
  /** Something passes that is stored nowhere. Who is behind may leave it out. */
  onSignal?(signal: EventFrame): void;
}

/** A piece of what happened, ready to be written: no bytes when nothing of it is for this follower. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** The number of the last event in it. */
  readonly to: number;
  /** How many are in it. */
  readonly events: number;
}

/**
 * The recent events of one thing that is followed, in memory, for all its followers here. The bell brings new ones; what the bell missed
 * is read from the store, so that a lost bell makes no hole and a doubled one no double. Followers hold a number and
 * read on from it: none costs the feed more than that.
 */
export class EventFeed<Id extends string = string> {
  readonly id: Id;
  readonly #source: EventSource;
  readonly #listeners = new Set<EventListener>();
  readonly #metrics: FeedMetrics;
  readonly #onFailure: (error: unknown) => void;
  #head: number;
  #floor: number;
  /** Without holes, the last one is the head; empty at first. */
  #ring: EventFrame[] = [];
  #ringBytes = 0;
  #target: number;
  #catchingUp = false;
  #flushPlanned = false;
  #refill: Promise<void> | undefined;
  /** How often the ring was forgotten: what was read before that may hold what was blanked since. */
  #forgotten = 0;
  readonly #pages = new Map<number, Promise<EventFrame[]>>();
  #lastPiece: { from: number; format: Format; filter: string | undefined; piece: Piece } | undefined;

  constructor(
    id: Id,
    range: EventRange,
    needs: { source: EventSource; metrics: FeedMetrics; onFailure: (error: unknown) => void },
  ) {
    this.id = id;
    this.#head = range.head;
    this.#target = range.head;
    this.#floor = range.floor;
    this.#source = needs.source;
    this.#metrics = needs.metrics;
    this.#onFailure = needs.onFailure;
  }

  /** The number of the last event known here. */
  get head(): number {
    return this.#head;
  }

  /** Whether every event after this number can still be had. */
  reaches(sequence: number): boolean {
    return sequence >= this.#floor && sequence <= this.#head;
  }

  listen(listener: EventListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Takes a bell in. Bells may be lost, doubled, or come in any order. */
  onBell(bell: EventBell): void {
    if (bell.rewritesThePast) this.forget();
    if (bell.sequence <= this.#head) return;
    if (bell.sequence === this.#head + 1 && bell.body.length > 0 && !this.#catchingUp) {
      this.#push(this.#frame(bell.sequence, Buffer.from(bell.body)));
      this.#planFlush();
    } else {
      this.onHead(bell.sequence, this.#floor);
    }
  }

  /** Earlier events may have been changed in the store: what is remembered of them is void. */
  forget(): void {
    this.#forgotten += 1;
    this.#ring = [];
    this.#ringBytes = 0;
    this.#lastPiece = undefined;
    this.#pages.clear();
  }

  /** Passes on what is stored nowhere. */
  onSignal(body: Uint8Array): void {
    if (this.#source.signals === undefined) return;
    this.pass(new EventFrame(0, body, this.#source.signals));
  }

  /** Passes on a signal that is made already. */
  pass(signal: EventFrame): void {
    for (const listener of this.#listeners) listener.onSignal?.(signal);
  }

  /** Takes in where the events stand according to the store. */
  onHead(head: number, floor: number): void {
    this.#floor = Math.max(this.#floor, floor);
    this.#target = Math.max(this.#target, head);
    if (this.#target > this.#head && !this.#catchingUp) void this.#catchUp();
  }

  /**
   * The events after a number, as bytes: at once when they are in memory, else from the store. Undefined when there are
   * none yet. Those who ask for the same get the same bytes. Who may see no more than the events up to `until` gets none
   * beyond it; who follows only some of them gets those.
   */
  read(
    after: number,
    format: Format,
    until = Number.POSITIVE_INFINITY,
    filter?: EventFilter,
  ): Piece | Promise<Piece | undefined> | undefined {
    if (after >= this.#head) return undefined;
    const last = this.#lastPiece;
    if (
      last !== undefined &&
      last.from === after &&
      last.format === format &&
      last.filter === filter?.key &&
      last.piece.to <= until
    ) {
      this.#metrics.fromMemory.value += 1;
      return last.piece;
    }
    const frames = this.#inRing(after);
    if (frames === undefined) return this.#fromStore(after, format, until, filter);
    this.#metrics.fromMemory.value += 1;
    return this.#pieceOf(frames, after, format, until, filter);
  }

  #pieceOf(
    frames: readonly EventFrame[],
    from: number,
    format: Format,
    until: number,
    filter: EventFilter | undefined,
  ): Piece | undefined {
    const piece = cutPiece(frames, format, until, filter);
    if (until >= this.#head && piece !== undefined) {
      this.#lastPiece = { from, format, filter: filter?.key, piece };
    }
    return piece;
  }

  #inRing(after: number): EventFrame[] | undefined {
    const first = this.#ring[0];
    if (first === undefined || after + 1 < first.sequence) return undefined;
    const start = after + 1 - first.sequence;
    let bytes = 0;
    let end = start;
    while (end < this.#ring.length && bytes < limits.follow.pieceBytes) {
      bytes += (this.#ring[end] as EventFrame).size;
      end += 1;
    }
    return this.#ring.slice(start, end);
  }

  async #fromStore(
    after: number,
    format: Format,
    until: number,
    filter: EventFilter | undefined,
  ): Promise<Piece | undefined> {
    // Most who come back missed little: one read fills the ring for all of them.
    if (after >= this.#head - limits.follow.ringEvents && this.#ring.length < limits.follow.ringEvents) {
      this.#refill ??= this.#fillRing().finally(() => {
        this.#refill = undefined;
      });
      await this.#refill;
      const frames = this.#inRing(after);
      if (frames !== undefined && frames.length > 0) {
        return this.#pieceOf(frames, after, format, until, filter);
      }
    }
    return cutPiece(await this.#page(after), format, until, filter);
  }

  /** One page of older events, read once for all who ask for it at the same time. */
  #page(after: number): Promise<EventFrame[]> {
    let page = this.#pages.get(after);
    if (page === undefined) {
      page = this.#load(after, limits.follow.pageEvents).finally(() => this.#pages.delete(after));
      this.#pages.set(after, page);
    }
    return page;
  }

  async #load(after: number, limit: number): Promise<EventFrame[]> {
    this.#metrics.fromStore.value += 1;
    const bodies = await this.#source.after(after, limit);
    return bodies.map(({ sequence, body }) => this.#frame(sequence, body));
  }

  /** Brings the ring back to its full length, from the store. */
  async #fillRing(): Promise<void> {
    const from = Math.max(this.#floor, this.#head - limits.follow.ringEvents);
    const forgotten = this.#forgotten;
    const frames = await this.#load(from, limits.follow.ringEvents);
    if (forgotten !== this.#forgotten) return;
    const last = frames.at(-1);
    // The head may have moved on meanwhile: what the ring has of it stays, if it goes on where the page ends.
    const newer = this.#ring.filter((each) => last !== undefined && each.sequence > last.sequence);
    const fits = last !== undefined && (newer[0]?.sequence ?? this.#head + 1) === last.sequence + 1;
    if (!fits) return;
    this.#ring = frames;
    this.#ringBytes = frames.reduce((sum, each) => sum + each.size, 0);
    for (const each of newer) this.#append(each);
    this.#trim();
  }

  async #catchUp(): Promise<void> {
    this.#catchingUp = true;
    try {
      while (this.#target > this.#head) {
        this.#metrics.fromStore.value += 1;
        const bodies = await this.#source.after(this.#head, limits.follow.pageEvents);
        if (bodies.length === 0) {
          // The bell was ahead of what this process can read, or the events are forgotten already.
          this.#target = this.#head;
          break;
        }
        for (const { sequence, body } of bodies) {
          if (sequence !== this.#head + 1 || this.#source.rewritesThePast(body)) this.forget();
          this.#push(this.#frame(sequence, body));
          this.#source.onMissed?.(sequence, body);
        }
        this.#flush();
      }
    } catch (error) {
      this.#target = this.#head;
      this.#onFailure(error);
    } finally {
      this.#catchingUp = false;
    }
  }

  #frame(sequence: number, body: Uint8Array): EventFrame {
    return new EventFrame(sequence, body, this.#source.events);
  }

  #push(event: EventFrame): void {
    this.#append(event);
    this.#head = event.sequence;
    this.#target = Math.max(this.#target, event.sequence);
    this.#trim();
  }

  #append(event: EventFrame): void {
    this.#ring.push(event);
    this.#ringBytes += event.size;
  }

  #trim(): void {
    let drop = 0;
    while (
      this.#ring.length - drop > limits.follow.ringEvents ||
      (this.#ringBytes > limits.follow.ringBytes && this.#ring.length - drop > 1)
    ) {
      this.#ringBytes -= (this.#ring[drop] as EventFrame).size;
      drop += 1;
    }
    if (drop > 0) this.#ring.splice(0, drop);
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    // After this turn: whoever sent gets the acknowledgement first, and what else was stored goes along.
    setImmediate(() => {
      this.#flushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    for (const listener of this.#listeners) listener.onEvents();
  }
}

const nothing = new Uint8Array();

function cutPiece(
  frames: readonly EventFrame[],
  format: Format,
  until: number,
  filter: EventFilter | undefined,
): Piece | undefined {
  const visible = frames.filter(({ sequence }) => sequence <= until);
  const last = visible.at(-1);
  if (last === undefined) return undefined;
  const taken = filter === undefined ? visible : visible.filter(({ body }) => filter.takes(body));
  return { bytes: taken.length === 0 ? nothing : joined(taken, format), to: last.sequence, events: taken.length };
}
