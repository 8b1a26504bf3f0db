import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { limits } from "../../platform/limits.ts";
import type {
  Ladder,
  LadderOptions,
  LadderPool,
  Rendition as LadderRendition,
  Level,
  SourceFormat,
  SourceUnit,
} from "../audio/index.ts";
import type { Home, LiveMetrics, OnAirStream, Rendition, Sound, WantedQuality } from "../live-port.ts";
import type { Audience } from "./audience.ts";
import type { Channel } from "./channel.ts";
import { Channels } from "./channels.ts";
import { Drops } from "./drops.ts";
import type { LiveCounters } from "./live-metrics.ts";
import type { HomeState, Maker, RelaySink, SourceState } from "./maker.ts";
import { Meter } from "./meter.ts";
import type { Relay } from "./relay.ts";
import {
  heardIn,
  ladderRenditions,
  mp3Rendition,
  nearest,
  opusRendition,
  qualityOfBitrate,
  qualityOfRendition,
  renditions,
  soundOf,
} from "./renditions.ts";

/** What a stream on air is made with. */
export interface OnAirNeeds {
  readonly ladders: LadderPool;
  readonly counters: LiveCounters;
  /** What can be heard has changed. */
  readonly onSound: (air: OnAir) => void;
  /** Relays the stream from another instance. */
  readonly relay: (sink: RelaySink) => Relay;
}

/**
 * A stream on air in this process: renditions as they are wanted, and who hears them. Their sound is made here out of a
 * source, one at a time, or relayed from the instance that has it.
 */
export class OnAir {
  stream: OnAirStream;
  isPaused: boolean;
  /** Whether the source is here, or its return is waited for here. */
  isLeading = false;
  readonly audience = new Set<Audience>();
  readonly latency = new Meter();
  readonly #needs: OnAirNeeds;
  #maker!: Maker;
  /** The maker, when it is a ladder of this process. */
  #ladder: Ladder | undefined;
  #relay: Relay | undefined;
  readonly #channels: Channels;
  readonly #drops: Drops;
  #format: SourceFormat | undefined;
  #hasSource = false;
  #burstMs = 0;
  #toldBest: Rendition | undefined;

  constructor(stream: OnAirStream, needs: OnAirNeeds) {
    this.stream = stream;
    this.isPaused = stream.isPaused;
    this.#needs = needs;
    this.#channels = new Channels(stream.id, () => this.#maker);
    this.#drops = new Drops(needs.counters);
    this.#openLadder();
  }

  /** From now on the source is here. */
  lead(): void {
    if (this.#relay !== undefined) {
      this.#openLadder();
      this.#relay[Symbol.dispose]();
      this.#relay = undefined;
      this.#hasSource = false;
      this.#makerChanged();
    }
    this.isLeading = true;
  }

  /** From now on the source is, or is waited for, elsewhere; undefined: nowhere. */
  follow(home: Home | undefined): void {
    this.isLeading = false;
    if (this.#relay === undefined) {
      if (home === undefined) return this.silence();
      this.#countUnencoded();
      this.#ladder?.[Symbol.dispose]();
      this.#ladder = undefined;
      this.#drops.makerChanged();
      this.#relay = this.#needs.relay({
        ...this.#sink(),
        source: (state, isNew) => this.#sourceIs(state, isNew),
        lost: (rendition, packets) => {
          const quality = qualityOfRendition(rendition) ?? this.sound.best;
          if (quality !== undefined) this.dropped(quality, packets);
        },
        restarted: () => this.#channels.restartNumbers(),
      });
      this.#maker = this.#relay;
      this.#hasSource = false;
      this.#makerChanged();
    }
    this.#relay.homeIs(home);
  }

  /** What the source says it sends; undefined before the first one. */
  get format(): SourceFormat | undefined {
    return this.#format;
  }

  get sound(): Sound {
    return soundOf(this.#maker, this.#hasSource);
  }

  /** For those who relay it. */
  state(): Omit<HomeState, "epoch" | "turn"> {
    const { sourceBitrate, lagMs } = this.#maker.stats();
    const makings = Object.fromEntries(ladderRenditions.map((each) => [each, this.#maker.making(each)]));
    return {
      hasSource: this.#hasSource,
      format: this.#format,
      burstMs: this.#burstMs,
      makings,
      sourceBitrate,
      lagMs,
    };
  }

  /** A source begins to sound. */
  begin(format: SourceFormat): void {
    this.#format = format;
    this.#hasSource = true;
    this.#burstMs = 0;
    this.#ladder?.begin(format);
    this.#soundChanged();
  }

  /** Sound of the source. What comes while the stream is paused is dropped. */
  push(unit: SourceUnit): void {
    if (!this.isPaused) this.#ladder?.push(unit);
  }

  /** So much sound came at once. Some sources send packet by packet, others every second. */
  burst(ms: number): void {
    // Forgotten slowly: what came once may come again.
    this.#burstMs = Math.min(Math.max(ms, this.#burstMs * 0.98), limits.live.sourceAheadMs);
  }

  /** How much sound a player gathers to get over the time between two bursts of the source. */
  get bufferMs(): number {
    return limits.live.playerBufferMs + this.#burstMs;
  }

  /** The source is gone, for now or for good. */
  silence(): void {
    if (!this.#hasSource) return;
    this.#hasSource = false;
    this.#soundChanged();
  }

  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    for (const each of [...this.audience]) each.paused();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    for (const each of [...this.audience]) each.resumed();
  }

  update(stream: OnAirStream): void {
    this.stream = stream;
    for (const each of [...this.audience]) each.updated(stream);
    if (stream.isPaused) this.pause();
    else this.resume();
  }

  can(rendition: LadderRendition): boolean {
    return this.#maker.making(rendition) !== "unavailable";
  }

  /**
   * The quality in which somebody hears the stream who wants this one; undefined while there is no source. AUTO begins
   * with the stream's default, and that is what the source itself sends unless the streamer said otherwise.
   */
  choose(wanted: WantedQuality): Rendition | undefined {
    return heardIn(this.sound, wanted, this.stream.defaultQuality);
  }

  /** The MP3 that somebody hears who wants this quality: the source's own bytes when it sends MP3 and no other is asked for. */
  chooseMp3(wanted: WantedQuality): { rendition: LadderRendition; quality: Rendition } | undefined {
    const asked = wanted === AudioQuality.AUTO ? this.stream.defaultQuality : wanted;
    const own = qualityOfBitrate(this.#maker.stats().sourceBitrate);
    if (asked === AudioQuality.AUTO && this.can("mp3-source")) return { rendition: "mp3-source", quality: own };
    const quality = nearest(
      asked === AudioQuality.AUTO ? own : asked,
      renditions.filter((each) => this.can(mp3Rendition(each))),
    );
    return quality === undefined ? undefined : { rendition: mp3Rendition(quality), quality };
  }

  /** A rendition, made from now on; give it back by `release`. `backfillMs` of what was sent before comes at once. */
  tune(rendition: LadderRendition, backfillMs: number): Channel {
    return this.#channels.tune(rendition, backfillMs);
  }

  release(channel: Channel): void {
    this.#channels.release(channel);
  }

  /** How loud the source is, 50 times a second, while somebody listens to it. */
  onLevels(listener: (levels: readonly Level[]) => void): Disposable {
    return this.#channels.onLevels(listener);
  }

  /** Packets of a quality that a listener did not get in time. */
  dropped(quality: Rendition, packets: number): void {
    this.#drops.add(quality, packets);
  }

  tick(now: number): void {
    // What a source has becomes known as it is heard.
    if (this.#hasSource && this.sound.best !== this.#toldBest) this.#soundChanged();
    for (const each of [...this.audience]) each.tick(now);
    this.#countUnencoded();
  }

  /** Tells everyone that the stream is over, and forgets it. */
  end(): void {
    for (const each of [...this.audience]) each.ended();
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#countUnencoded();
    this.#maker[Symbol.dispose]();
  }

  /** How far the encoder is behind the source. */
  get encoderLagMs(): number {
    return this.#maker.stats().lagMs;
  }

  metrics(): LiveMetrics {
    const { sourceBitrate, lagMs, droppedMs } = this.#maker.stats();
    const health = [...this.audience].map((each) => each.bufferHealth).filter((each) => each !== undefined);
    const waited = this.latency.mean();
    return {
      currentBitrate: this.#hasSource ? Math.round(sourceBitrate) : 0,
      bufferHealth: health.length === 0 ? undefined : health.reduce((sum, each) => sum + each, 0) / health.length,
      latencyMs: waited === undefined ? undefined : waited + lagMs,
      droppedFrames: this.#drops.total + Math.round(droppedMs / 20),
      renditions: renditions
        .filter((quality) => this.can(opusRendition(quality)) || this.#drops.of(quality) > 0)
        .map((quality) => ({
          quality,
          bitrate: Math.round(this.#channels.get(opusRendition(quality))?.bits.perSecond() ?? 0),
          listenerCount: [...this.audience].filter((each) => each.quality === quality).length,
          droppedFrames: this.#drops.of(quality),
          isPassthrough: this.#maker.making(opusRendition(quality)) === "passthrough",
        })),
    };
  }

  #countUnencoded(): void {
    this.#drops.unencodedAre(Math.round(this.#maker.stats().droppedMs / 20));
  }

  #openLadder(): void {
    this.#drops.makerChanged();
    this.#ladder = this.#needs.ladders.open(this.#sink());
    this.#maker = this.#ladder;
  }

  #sink(): LadderOptions {
    return {
      packets: (rendition, packets) => this.#channels.take(rendition, packets),
      levels: (levels) => this.#channels.takeLevels(levels),
      changed: () => this.#soundChanged(),
    };
  }

  #makerChanged(): void {
    this.#channels.makerChanged();
    this.#soundChanged();
  }

  /** What the home says of its source. */
  #sourceIs({ hasSource, format, burstMs }: SourceState, isNew: boolean): void {
    this.#hasSource = hasSource;
    this.#format = format ?? this.#format;
    this.#burstMs = burstMs;
    if (isNew) this.#soundChanged();
  }

  #soundChanged(): void {
    const { sound } = this;
    this.#toldBest = sound.best;
    this.#needs.onSound(this);
    for (const each of [...this.audience]) each.soundChanged();
  }
}
