/** Turns of a round: the more there are, the more evenly its work is spread. */
const turnsPerRound = 20;

/**
 * Calls every member once in each round of `roundMs`, a part of them at a time. One timer serves thousands, and they do
 * not all come at once.
 */
export function createRoundRobin(roundMs: number) {
  const turns = Array.from({ length: turnsPerRound }, () => new Set<() => void>());
  let next = 0;
  const timer = setInterval(() => {
    next = (next + 1) % turnsPerRound;
    for (const call of [...(turns[next] as Set<() => void>)]) call();
  }, roundMs / turnsPerRound).unref();

  return {
    /** Returns how to leave. The first call comes a round later at most. */
    add(call: () => void): () => void {
      const turn = turns.reduce((least, each) => (each.size < least.size ? each : least));
      turn.add(call);
      return () => turn.delete(call);
    },
    stop(): void {
      clearInterval(timer);
    },
  };
}
