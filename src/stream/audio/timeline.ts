import { bounds } from "./bounds.ts";
import type { SourceFaults } from "./source.ts";

/** Finds what is missing between packets from the times that they carry. */
export interface Timeline {
  /**
   * How much is missing before sound that begins at this time; undefined for what has no time. Samples of 48 kHz.
   * Sound is never thrown away because a clock runs slow: time that is a little behind is taken as it is, and time that
   * leaps back as a new beginning.
   */
  lostBefore(time: number | undefined): number;
  played(samples: number): void;
}

export function createTimeline(faults: SourceFaults, unevenSamples: number = bounds.unevenSamples): Timeline {
  /** The time at which the next sound is expected. */
  let expected: number | undefined;
  return {
    lostBefore(time) {
      if (time === undefined || !Number.isFinite(time)) return 0;
      const ahead = time - (expected ?? time);
      expected ??= time;
      if (ahead < -bounds.filledSamples) expected = time;
      if (ahead < unevenSamples) return 0;
      expected = time;
      faults.lostSamples += ahead;
      return ahead > bounds.filledSamples ? 0 : ahead;
    },
    played(samples) {
      if (expected !== undefined) expected += samples;
    },
  };
}
