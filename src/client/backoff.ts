const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** Waiting times that grow, each chosen at random below its ceiling so that clients cut together do not return together. */
export interface Backoff {
  /** The next waiting time, in milliseconds. */
  next(): number;
  /** Begins again: the connection proved itself. */
  reset(): void;
}

/** Full jitter as in "Exponential Backoff and Jitter" (AWS, 2015): 250 ms, doubling to 10 s. */
export function createBackoff(random: () => number = Math.random): Backoff {
  let attempt = 0;
  return {
    next: () => random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt++),
    reset() {
      attempt = 0;
    },
  };
}
