/** Runs costly work, so much at once and no more; what comes above that waits its turn. */
export interface WorkPool {
  /**
   * Answers what the work answers. A call whose signal is aborted throws the signal's reason: before its turn it costs
   * nothing, and afterwards what the caller would have gone on to do is not done. Throws `tooMany` at once when too many
   * wait.
   */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
}

export function createWorkPool(bounds: { parallel: number; waiting: number; tooMany: () => Error }): WorkPool {
  let running = 0;
  /** Whose turn comes next stands first. */
  const waiting = new Set<() => void>();

  function turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const start = () => {
      signal.removeEventListener("abort", leave);
      resolve();
    };
    const leave = () => {
      waiting.delete(start);
      reject(signal.reason);
    };
    waiting.add(start);
    signal.addEventListener("abort", leave, { once: true });
    return promise;
  }

  return {
    async run(work, signal) {
      signal.throwIfAborted();
      if (running < bounds.parallel) running += 1;
      else if (waiting.size < bounds.waiting) await turn(signal);
      else throw bounds.tooMany();
      try {
        const result = await work();
        signal.throwIfAborted();
        return result;
      } finally {
        // Who waits takes over the place of who is done, so that nobody new slips in between.
        const [next] = waiting;
        if (next === undefined) running -= 1;
        else {
          waiting.delete(next);
          next();
        }
      }
    },
  };
}
