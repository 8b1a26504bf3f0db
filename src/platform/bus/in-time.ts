import { Failure, Reason } from "../failure.ts";
import type { RequestOptions } from "./bus.ts";

/**
 * Does work that may be waited for no longer than the options say. The signal that the work gets is aborted when nobody
 * waits any more, with what the caller then gets: DEADLINE_EXCEEDED, or the reason of the caller's own signal.
 */
export function inTime<Result>(
  { timeoutMs, signal: callers }: Pick<RequestOptions, "timeoutMs" | "signal">,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (callers?.aborted) return Promise.reject(callers.reason as Error);
  return new Promise((resolve, reject) => {
    const waiting = new AbortController();
    const giveUp = (reason: unknown): void => {
      settle();
      waiting.abort(reason);
      reject(reason as Error);
    };
    const onAbort = (): void => giveUp(callers?.reason);
    const timer = setTimeout(() => giveUp(new Failure(Reason.DEADLINE_EXCEEDED)), timeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      callers?.removeEventListener("abort", onAbort);
    };
    callers?.addEventListener("abort", onAbort);
    work(waiting.signal).then(resolve, reject).finally(settle);
  });
}
