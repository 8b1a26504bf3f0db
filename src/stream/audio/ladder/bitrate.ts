import { sampleRate } from "../packet.ts";

/** Measures what a source sends, by its own time. */
export interface BitrateMeter {
  /** True when a measurement has ended with it. */
  add(bytes: number, samples: number): boolean;
  /** Bits a second: in the last measurement, or what the source says while there was none; zero when it says nothing. */
  readonly current: number;
  /** The greatest that was known so. */
  readonly greatest: number;
}

/** The first measurement is short, so that something is known soon; the others are long, so that one loud second is not all. */
const firstSamples = 1 * sampleRate;
const samplesEach = 5 * sampleRate;

export function createBitrateMeter(said: number): BitrateMeter {
  let bytes = 0;
  let samples = 0;
  let measured = false;
  let current = said;
  let greatest = said;
  return {
    get current() {
      return current;
    },
    get greatest() {
      return greatest;
    },
    add(moreBytes, moreSamples) {
      bytes += moreBytes;
      samples += moreSamples;
      if (samples < (measured ? samplesEach : firstSamples)) return false;
      measured = true;
      current = Math.round((bytes * 8 * sampleRate) / samples);
      greatest = Math.max(greatest, current);
      bytes = 0;
      samples = 0;
      return true;
    },
  };
}
