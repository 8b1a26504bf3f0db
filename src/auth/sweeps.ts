import type { Log } from "../platform/log.ts";

export interface Sweep {
  /** For the log. */
  readonly name: string;
  readonly everyMs: number;
  /** Ends early, without a failure, once the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Runs each sweep now and then again and again, never twice at once. One that fails is logged and tried again at its next turn.
 * Disposing aborts what runs and waits until it is done. Keeps no process alive.
 */
export function startSweeps(sweeps: readonly Sweep[], needs: { log: Log }): AsyncDisposable {
  const stopping = new AbortController();
  const running = new Map<Sweep, Promise<void>>();

  async function runOnce(sweep: Sweep): Promise<void> {
    try {
      await sweep.run(stopping.signal);
    } catch (error) {
      needs.log.error({ err: error, sweep: sweep.name }, "a sweep failed");
    } finally {
      running.delete(sweep);
    }
  }

  const timers = sweeps.map((sweep) => {
    const start = () => {
      if (!running.has(sweep)) running.set(sweep, runOnce(sweep));
    };
    start();
    return setInterval(start, sweep.everyMs).unref();
  });

  return {
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer);
      stopping.abort();
      await Promise.all(running.values());
    },
  };
}
