import type { Level } from "../levels.ts";
import type { AudioPacket } from "../packet.ts";
import type { Making, Rendition } from "../rendition.ts";
import type { SourceFormat, SourceUnit } from "../source.ts";

export interface LadderOptions {
  /** The number of the first packet on the grid; its pts is 960 times that. */
  readonly firstSequence?: number;
  /** Takes what was asked for, in order: sequences of one rendition never go back, and skip only what was lost. */
  packets(rendition: Rendition, packets: readonly AudioPacket[]): void;
  /** Takes how loud the source is, in order, while `levels(true)`. */
  levels?(levels: readonly Level[]): void;
  /** Told when the way in which a rendition is made has changed: by a new source, or by what is known of it. */
  changed?(): void;
}

/**
 * The renditions of one stream, each made only while it is wanted. Sources may follow one another; what is sent to
 * listeners goes on without a gap. Nothing here waits and nothing throws: who comes too fast loses the oldest.
 */
export interface Ladder extends Disposable {
  /** A source begins, the first or another; what was left of the one before is played to its end. */
  begin(format: SourceFormat): void;
  push(unit: SourceUnit): void;
  /**
   * Makes the rendition from now on, and also out of the last `backfillMs` of what was pushed (2000 at most, 200 when
   * absent), so that its first packets come at once. May be asked for by several: counted.
   */
  want(rendition: Rendition, backfillMs?: number): void;
  unwant(rendition: Rendition): void;
  /** `unavailable` for all before a source has begun; for `mp3-source` of an Opus source; for all encoded ones while the encoder is given up, as it broke again and again. */
  making(rendition: Rendition): Making;
  /** Whether `levels` is told; it costs a decoder. */
  levels(wanted: boolean): void;
  stats(): LadderStats;
}

export interface LadderStats {
  /** What the source brought over the last seconds, in bits a second; zero before there was one. */
  readonly sourceBitrate: number;
  /** Pushed and not yet worked on, in ms. Grows when the encoder cannot keep up or the source comes in bursts. */
  readonly lagMs: number;
  /** Sound that was not encoded because the encoder was behind, in ms, ever. */
  readonly droppedMs: number;
  /** Units that no decoder could read, ever. */
  readonly damaged: number;
}

/** The worker thread in which all ladders of a process decode and encode. */
export interface LadderPool extends AsyncDisposable {
  open(options: LadderOptions): Ladder;
}

export interface LadderPoolOptions {
  /** Told when a worker died of something; another takes its place, after a minute when it dies again and again. */
  broke(error: unknown): void;
}
