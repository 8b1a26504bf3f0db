import { Failure, Reason } from "./failure.ts";
import type { Log } from "./log.ts";

/** Work that comes back: at the start, by the clock, and when somebody rings. One round at a time. */
export interface Rounds extends AsyncDisposable {
  /** Asks for a round now, or for one more right after the one that runs. Never throws. */
  ring(): void;
}

/**
 * The first round begins once everything that is being built in this turn of the event loop is. A round that fails is
 * logged and tried again the next time. Disposing aborts the signal and waits for the round that runs.
 */
export function startRounds(needs: {
  name: string;
  everyMs: number;
  log: Log;
  round: (signal: AbortSignal) => Promise<void>;
}): Rounds {
  const { name, everyMs, log, round } = needs;
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  let wanted = false;

  async function run(): Promise<void> {
    while (wanted && !stop.signal.aborted) {
      wanted = false;
      try {
        await round(stop.signal);
      } catch (error) {
        // What cannot be reached now is no fault of the work.
        const isAway = error instanceof Failure && error.reason === Reason.UNAVAILABLE;
        if (isAway) log.warn({ round: name, why: error.message }, "a round of work will be tried again");
        else log.error({ err: error, round: name }, "a round of work failed and will be tried again");
      }
    }
    running = undefined;
  }
  function ring(): void {
    wanted = true;
    running ??= run();
  }

  const timer = setInterval(ring, everyMs).unref();
  const start = setImmediate(ring);
  return {
    ring,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      clearImmediate(start);
      stop.abort();
      await running;
    },
  };
}
