import { sampleRate } from "./packet.ts";

/** What is kept and what is waited for in the making of sound. Samples are of 48 kHz, sizes are bytes. */
export const bounds = {
  /** What is looked through for the first sign of a format, and for the next after it was lost. */
  searchBytes: 256 * 1024,
  lostBytes: 1024 * 1024,
  /** Pages of Ogg that only look like one, in a row: each costs a checksum. */
  falsePages: 16,
  /** The greatest element of a file that is taken as a whole; greater ones are passed over. */
  elementBytes: 256 * 1024,
  /** The greatest of those that are passed over, and of blocks of sound and of pictures: greater ones are damaged. */
  passedOverBytes: 16 * 1024 * 1024,
  soundBytes: 64 * 1024,
  pictureBytes: 4 * 1024 * 1024,
  /** Titles longer than that are cut. Characters. */
  titleLength: 500,
  /** Timestamps may be off by this much before sound counts as lost, since clocks and captures are uneven. */
  unevenSamples: 0.06 * sampleRate,
  /** The longest hole that is filled; time that leaps further is taken as a new beginning. */
  filledSamples: 2 * sampleRate,
  /** What is kept of a source for renditions that are wanted later. */
  historySamples: 2 * sampleRate,
  /** Encoders and decoders run this long before what they make is used, so that they have settled (RFC 7845 §4.6). */
  settleSamples: 0.08 * sampleRate,
  /** What a worker has in hand of one ladder; the rest waits outside, where it can still be dropped. */
  inHandSamples: 0.4 * sampleRate,
  /** What waits; the oldest above that is dropped. */
  waitingSamples: 5 * sampleRate,
  /** The longest time without sound that encoders bridge with silence, where a source ended or some was dropped. */
  bridgedSamples: 0.2 * sampleRate,
  /** A worker that has not answered for so long is replaced. Milliseconds. */
  workerSilentMs: 10_000,
  /** Workers that may die in a minute before it is given up, and after how long it is tried again. Milliseconds. */
  workerDeaths: 5,
  workerRestMs: 60_000,
} as const;
