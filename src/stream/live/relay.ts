import type { Bus } from "../../platform/bus/bus.ts";
import type { InstanceId, StreamId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import type { AudioPacket, LadderStats, Making, Rendition } from "../audio/index.ts";
import { type InstanceCalls, isUnreachable } from "../instance-calls.ts";
import type { Home } from "../live-port.ts";
import type { HomeState, Maker, RelaySink } from "./maker.ts";
import { type Relayed, soundSubject, stateSubject, unpackLevels, unpackPieces, unpackSound } from "./sound-frames.ts";
import { type Wants, want } from "./want.ts";

export interface RelayNeeds {
  readonly bus: Bus;
  readonly calls: InstanceCalls;
  readonly instance: InstanceId;
  readonly log: Log;
  /** The home does not answer, or is none any more: somebody should look where it is. */
  readonly onLost: (streamId: StreamId) => void;
}

/** A rendition that is relayed. */
interface Heard {
  /** What is asked for of what was sent before; undefined once it has come. */
  backfillMs: number | undefined;
  /** What came while the backfill was on its way. */
  held: AudioPacket[];
  /** The number of the packet that is expected. */
  next: number | undefined;
  readonly subscription: Disposable;
}

/**
 * A stream whose source is at another instance. What is wanted here is asked for there, again and again; its sound comes
 * by the bus, only while somebody wants it here.
 */
export class Relay implements Maker {
  readonly #streamId: StreamId;
  readonly #sink: RelaySink;
  readonly #needs: RelayNeeds;
  readonly #heard = new Map<Relayed, Heard>();
  readonly #watch: DisposableStack;
  readonly #timer: NodeJS.Timeout;
  #home: Home | undefined;
  #state: HomeState | undefined;
  #isAsking = false;
  #asksAgain = false;
  #over = false;

  constructor(streamId: StreamId, sink: RelaySink, needs: RelayNeeds) {
    this.#streamId = streamId;
    this.#sink = sink;
    this.#needs = needs;
    this.#watch = new DisposableStack();
    this.#watch.use(
      needs.bus.subscribe(stateSubject(streamId), (payload) =>
        this.#take(JSON.parse(Buffer.from(payload).toString()) as HomeState),
      ),
    );
    // The home may have heard for so long that nothing is wanted here that it sends nothing any more.
    this.#watch.use(needs.bus.onGap(() => this.#ask()));
    this.#timer = setInterval(() => this.#ask(), limits.live.wantMs).unref();
  }

  /** Where the source is from now on; undefined while that is nowhere. */
  homeIs(home: Home | undefined): void {
    if (home?.instance === this.#home?.instance && home?.epoch === this.#home?.epoch) return;
    this.#home = home;
    this.#state = this.#state && { ...this.#state, hasSource: false };
    this.#sink.restarted();
    for (const heard of this.#heard.values()) {
      heard.next = undefined;
      heard.held = [];
      // What was heard already does not come again: the new home begins where the source returns.
      heard.backfillMs = 0;
    }
    if (this.#state !== undefined) this.#sink.source(this.#state, true);
    this.#ask();
  }

  want(rendition: Rendition, backfillMs = 200): void {
    this.#hear(rendition, backfillMs);
  }

  unwant(rendition: Rendition): void {
    this.#forget(rendition);
  }

  making(rendition: Rendition): Making {
    return this.#state?.makings[rendition] ?? "unavailable";
  }

  levels(wanted: boolean): void {
    if (wanted) this.#hear("levels", 0);
    else this.#forget("levels");
  }

  stats(): LadderStats {
    const { sourceBitrate = 0, lagMs = 0 } = this.#state ?? {};
    return { sourceBitrate, lagMs, droppedMs: 0, damaged: 0 };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#watch[Symbol.dispose]();
    for (const what of [...this.#heard.keys()]) this.#forget(what);
    this.#ask();
    this.#over = true;
  }

  #hear(what: Relayed, backfillMs: number): void {
    if (this.#heard.has(what)) return;
    const subscription = this.#needs.bus.subscribe(soundSubject(this.#streamId, what), (frame) =>
      this.#arrived(what, frame),
    );
    this.#heard.set(what, { backfillMs, held: [], next: undefined, subscription });
    this.#ask();
  }

  #forget(what: Relayed): void {
    this.#heard.get(what)?.subscription[Symbol.dispose]();
    this.#heard.delete(what);
  }

  /** Says what is wanted. One question at a time; what is wanted meanwhile is asked right after. */
  #ask(): void {
    if (this.#home === undefined || this.#over) return;
    this.#asksAgain = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    // Those who begin in the same turn are asked for together.
    queueMicrotask(() => void this.#askOn());
  }

  async #askOn(): Promise<void> {
    while (this.#asksAgain && this.#home !== undefined) {
      this.#asksAgain = false;
      await this.#askOnce(this.#home);
    }
    this.#isAsking = false;
  }

  async #askOnce(home: Home): Promise<void> {
    const { bus, calls, instance, log, onLost } = this.#needs;
    const filled = [...this.#heard].filter(([, { backfillMs }]) => backfillMs !== undefined);
    const question: Wants = {
      streamId: this.#streamId,
      instance,
      wants: [...this.#heard].map(([what, { backfillMs }]) => ({
        what,
        ...(backfillMs !== undefined && { backfillMs }),
      })),
    };
    try {
      // What comes from here on is heard: the answer and it leave no hole between them.
      await bus.listening();
      const { content, bytes } = await calls.ask(home.instance, want, question);
      if (this.#over || this.#home !== home) return;
      const pieces = unpackPieces(bytes);
      for (const [at, [what, heard]] of filled.entries()) {
        if (this.#heard.get(what) === heard) this.#filled(what, heard, pieces[at]);
      }
      this.#take(content);
    } catch (error) {
      if (this.#over || this.#home !== home) return;
      if (!isUnreachable(error)) log.warn({ err: error, stream_id: this.#streamId }, "asking for sound failed");
      onLost(this.#streamId);
    }
  }

  #take(state: HomeState): void {
    if (this.#home === undefined || state.epoch !== this.#home.epoch) return;
    const before = this.#state;
    if (before?.epoch === state.epoch && before.turn > state.turn) return;
    this.#state = state;
    const isNew = before === undefined || before.turn !== state.turn || before.epoch !== state.epoch;
    this.#sink.source(state, isNew || before.hasSource !== state.hasSource);
  }

  /** What was sent before, and then what came since it was asked for. */
  #filled(what: Relayed, heard: Heard, piece: Uint8Array | undefined): void {
    const { held } = heard;
    heard.backfillMs = undefined;
    heard.held = [];
    if (what === "levels") return;
    const epoch = this.#home?.epoch;
    const packets = piece === undefined || piece.length === 0 || epoch === undefined ? [] : unpackSound(epoch, piece);
    this.#send(what, heard, packets ?? []);
    this.#send(what, heard, held);
  }

  #arrived(what: Relayed, frame: Uint8Array): void {
    const heard = this.#heard.get(what);
    const epoch = this.#home?.epoch;
    if (heard === undefined || epoch === undefined) return;
    if (what === "levels") {
      const levels = unpackLevels(epoch, frame);
      if (levels !== undefined) this.#sink.levels?.(levels);
      return;
    }
    const packets = unpackSound(epoch, frame);
    if (packets === undefined) return;
    if (heard.backfillMs === undefined) this.#send(what, heard, packets);
    else if (heard.held.length < heldPackets) heard.held.push(...packets);
  }

  #send(rendition: Rendition, heard: Heard, packets: readonly AudioPacket[]): void {
    const { next } = heard;
    const fresh = next === undefined ? packets : packets.filter(({ sequence }) => sequence >= next);
    const [first, last] = [fresh[0], fresh.at(-1)];
    if (first === undefined || last === undefined) return;
    if (next !== undefined && first.sequence > next) this.#sink.lost(rendition, first.sequence - next);
    heard.next = last.sequence + 1;
    this.#sink.packets(rendition, fresh);
  }
}

/** What is held while a backfill is on its way: more than comes until it is given up. */
const heldPackets = 500;
