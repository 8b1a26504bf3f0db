import type { Codec } from "./rendition.ts";

/** What a source says of itself before its first unit, and again whenever it changes. */
export interface SourceFormat {
  readonly codec: Codec;
  /** Samples a second; 48000 for Opus whatever it was made from. */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Bits a second as the source itself says; zero where it does not. */
  readonly bitrate: number;
  /** To be applied when decoding, as OpusHead says it: 1/256 dB. Zero nearly always. */
  readonly gain: number;
}

/** One Opus packet of any length, or one MP3 frame. */
export interface SourceUnit {
  readonly data: Uint8Array;
  /** How long it plays, in samples of the format's rate. */
  readonly samples: number;
  /** How much sound is known to be missing right before it, in the same samples. */
  readonly lost: number;
}

/** What a file says of what is playing. Only what it says is there. */
export interface SourceTitle {
  readonly title?: string;
  readonly artist?: string;
  readonly album?: string;
  readonly genre?: string;
}

/** Who takes what a reader reads. Called while bytes are pushed, `format` always first. */
export interface SourceSink {
  format(format: SourceFormat): void;
  unit(unit: SourceUnit): void;
  title(title: SourceTitle): void;
}

/** What was wrong with a source so far, without being its end. */
export interface SourceFaults {
  /** Bytes that belonged to nothing. */
  skippedBytes: number;
  /** Pages, blocks or packets that were whole but wrong. */
  damaged: number;
  /** Packets that came twice or too late. */
  late: number;
  /** Sound that timestamps or sequences say is missing, in samples of 48 kHz. */
  lostSamples: number;
}
