/** The names that the worklet's processors go by. */
export const PLAYER = "veza-player";
export const CAPTURE = "veza-capture";

/** What the page tells a player. */
export type PlayerOrder =
  | { readonly kind: "sound"; readonly planes: readonly Float32Array[]; readonly isBroken: boolean }
  /** How much sound to gather before playing, in seconds. */
  | { readonly kind: "target"; readonly seconds: number }
  | { readonly kind: "clear" }
  | { readonly kind: "end" };

/** What a player tells the page several times a second. */
export interface PlayerReport {
  readonly bufferedMs: number;
  readonly underruns: number;
  readonly isPlaying: boolean;
}

export interface PlayerOptions {
  /** How much sound to gather before playing, in seconds. */
  readonly target: number;
}

export interface CaptureOptions {
  readonly channels: number;
  /** In samples. */
  readonly blockLength: number;
}

/** What a capture tells the page: a block, an array for each channel. */
export type CaptureBlock = readonly Float32Array<ArrayBuffer>[];
