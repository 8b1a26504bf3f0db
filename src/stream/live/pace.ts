import { limits } from "../../platform/limits.ts";

/**
 * How far a source is ahead of the time that has passed since it began. A source may burst: it is then held back, not
 * refused, as what is broadcast live cannot be further ahead than its listeners keep.
 */
export interface Pace {
  /** Takes in how much sound came, in milliseconds, and answers how long to wait before reading on: 0 to read at once. */
  came(ms: number): number;
}

/** `now` is a steady clock in milliseconds. A source that is late or pauses earns no right to burst later. */
export function createPace(now: () => number = () => performance.now()): Pace {
  let playedUntil = now();
  return {
    came(ms) {
      const at = now();
      playedUntil = Math.max(playedUntil, at) + ms;
      return Math.max(0, playedUntil - at - limits.live.sourceAheadMs);
    },
  };
}
