import type { Ladder, LadderOptions, Making, Rendition, SourceFormat } from "../audio/index.ts";

/** What makes the renditions of a stream: the ladder of this process, or another instance from which they are relayed. */
export type Maker = Pick<Ladder, "want" | "unwant" | "making" | "levels" | "stats"> & Disposable;

/** What a source is like, as far as those need it who do not have it themselves. */
export interface SourceState {
  readonly hasSource: boolean;
  /** Undefined before the first one. */
  readonly format: SourceFormat | undefined;
  /** How much sound comes at once, in milliseconds. */
  readonly burstMs: number;
}

/** What a home tells of its stream; all that a relay answers is in here. */
export interface HomeState extends SourceState {
  readonly epoch: number;
  /** Grows with every change: what was said before is void. */
  readonly turn: number;
  readonly makings: Readonly<Partial<Record<Rendition, Making>>>;
  readonly sourceBitrate: number;
  readonly lagMs: number;
}

/** Who takes what a relay brings. */
export interface RelaySink extends LadderOptions {
  /** `isNew` unless the sound is what it was, and only how it comes may differ. */
  source(state: SourceState, isNew: boolean): void;
  /** Packets of a rendition did not arrive. */
  lost(rendition: Rendition, packets: number): void;
  /** What comes next is numbered anew: it is of another home. */
  restarted(): void;
}
