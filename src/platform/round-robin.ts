/** Turns of a round: the more there are, the more evenly its work is spread. */
const turnsPerRound = 20;

/** Calls that come back, spread over time. */
export interface RoundRobin extends Disposable {
  /** Returns how to leave. The first call comes a round later at most. */
  add(call: () => void): () => void;
  /** Calls every member once within `withinMs`, besides the rounds. Asked for again meanwhile, it begins anew. */
  hurry(withinMs: number): void;
}

/**
 * Calls every member once in each round of `roundMs`, a part of them at a time. One timer serves thousands, and they do
 * not all come at once.
 */
export function createRoundRobin(roundMs: number): RoundRobin {
  const turns = Array.from({ length: turnsPerRound }, () => new Set<() => void>());
  const take = (turn: number): void => {
    for (const call of [...(turns[turn] as Set<() => void>)]) call();
  };
  let next = 0;
  const timer = setInterval(() => {
    next = (next + 1) % turnsPerRound;
    take(next);
  }, roundMs / turnsPerRound).unref();
  let hurrying: NodeJS.Timeout | undefined;

  return {
    add(call) {
      const turn = turns.reduce((least, each) => (each.size < least.size ? each : least));
      turn.add(call);
      return () => turn.delete(call);
    },
    hurry(withinMs) {
      clearInterval(hurrying);
      let turn = 0;
      hurrying = setInterval(() => {
        take(turn);
        turn += 1;
        if (turn === turnsPerRound) clearInterval(hurrying);
      }, withinMs / turnsPerRound).unref();
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      clearInterval(hurrying);
    },
  };
}
