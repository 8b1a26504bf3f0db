/** A call that is given up when it lasts too long. */
export interface Waiting {
  giveUp: () => void;
}

/** How often the oldest calls are looked at: a call may last this much longer than its time. */
const lookMs = 500;

/**
 * Gives calls up that last longer than all of them are given. They are kept in the order in which they began, and one
 * timer looks at the oldest: a timer for each call would cost more than most calls take.
 */
export function createDefaultDeadline(ms: number) {
  const waiting = new Map<Waiting, number>();
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    const horizon = performance.now() - ms;
    for (const [call, beganAt] of waiting) {
      if (beganAt > horizon) break;
      waiting.delete(call);
      call.giveUp();
    }
    if (waiting.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    begin(call: Waiting): void {
      waiting.set(call, performance.now());
      timer ??= setInterval(look, lookMs).unref();
    },
    end(call: Waiting): void {
      waiting.delete(call);
    },
  };
}
