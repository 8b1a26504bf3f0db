/** How often the oldest are looked at: each may wait this much longer than its time. */
const lookMs = 500;

/**
 * Tells who waits longer than all of them are given. They are kept in the order in which they began, and one timer looks
 * at the oldest: a timer for each would cost more than most calls take.
 */
export function createCoarseTimeout<Waiting>(ms: number, onLate: (waiting: Waiting) => void) {
  const beganAt = new Map<Waiting, number>();
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    const horizon = performance.now() - ms;
    for (const [waiting, at] of beganAt) {
      if (at > horizon) break;
      beganAt.delete(waiting);
      onLate(waiting);
    }
    if (beganAt.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    /** `now` is the time of `performance`, for who has read it already. */
    begin(waiting: Waiting, now: number = performance.now()): void {
      beganAt.set(waiting, now);
      timer ??= setInterval(look, lookMs).unref();
    },
    end(waiting: Waiting): void {
      beganAt.delete(waiting);
    },
  };
}
