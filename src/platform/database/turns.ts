import { Failure, Reason } from "../failure.ts";

/** More wait for the database than can be served soon. */
export function tooManyWaiting(): Failure {
  return new Failure(Reason.UNAVAILABLE, { sentence: "too many writes are waiting: try again", retryAfterMs: 1000 });
}

/**
 * Lets works take turns: those that have a key in common run one after the other, in the order in which they came, and
 * one without keys runs alone. Others run at the same time.
 */
export function createTurns(bounds: { waiting: number }) {
  /** The last work of each key, and of all works; each resolves, and never rejects, when that work is over. */
  const last = new Map<string, Promise<void>>();
  let alone: Promise<void> = Promise.resolve();
  let taken = 0;

  return {
    /** Runs the work when its turn has come. Throws UNAVAILABLE when too many wait already. */
    async run<Result>(keys: readonly string[] | undefined, work: () => Promise<Result>): Promise<Result> {
      if (taken >= bounds.waiting) {
        throw tooManyWaiting();
      }
      taken += 1;
      const { promise: over, resolve: end } = Promise.withResolvers<void>();
      const before = [alone];
      if (keys === undefined) {
        before.push(...last.values());
        last.clear();
        alone = over;
      } else {
        for (const key of keys) {
          const previous = last.get(key);
          if (previous !== undefined) before.push(previous);
          last.set(key, over);
        }
      }
      try {
        await Promise.all(before);
        return await work();
      } finally {
        taken -= 1;
        for (const key of keys ?? []) if (last.get(key) === over) last.delete(key);
        end();
      }
    },
    /** Resolves once nothing that has come so far runs or waits. */
    async settled(): Promise<void> {
      await Promise.all([alone, ...last.values()]);
    },
  };
}

export type Turns = ReturnType<typeof createTurns>;
