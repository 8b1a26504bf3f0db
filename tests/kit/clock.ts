import type { Clock } from "#src/platform/clock.ts";

/** A clock that a test moves. It begins at the real time, as tokens are also looked at by others. */
export interface TestClock extends Clock {
  advance(ms: number): void;
}

export function createTestClock(): TestClock {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    advance(ms) {
      ahead += ms;
    },
  };
}

/** A clock that stands still until it is moved: nothing depends on how fast the machine is. */
export function createStandingClock(): TestClock {
  let now = Date.now();
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
  };
}
