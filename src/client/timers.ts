/** Time as the kit sees it, so that tests can move it. */
export interface Timers {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Calls once after `ms` milliseconds, unless the returned function is called before. */
  after(ms: number, callback: () => void): () => void;
}

export const systemTimers: Timers = {
  now: Date.now,
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
