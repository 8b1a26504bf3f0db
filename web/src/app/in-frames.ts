/** Who types or scrolls shall not notice how much is said: what comes thick and fast is shown a few times a second. */
const SHORTEST_MS = 50;

/**
 * Gathers what comes in a rush. The first comes through at once, what follows soon after together a moment later.
 * @param deal with what came, in its order
 */
export function inFrames<Item>(deal: (items: readonly Item[]) => void) {
  let waiting: Item[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    timer = undefined;
    if (waiting.length === 0) return;
    const items = waiting;
    waiting = [];
    const begun = performance.now();
    deal(items);
    // As long again as it took: half of the time belongs to the person, however slow the machine.
    timer = setTimeout(flush, Math.max(SHORTEST_MS, performance.now() - begun));
  }

  return {
    add(item: Item): void {
      waiting.push(item);
      if (timer === undefined) flush();
    },
    /** Deals with what waits now: something is about to be read that may be newer. */
    flush(): void {
      clearTimeout(timer);
      flush();
    },
  };
}
