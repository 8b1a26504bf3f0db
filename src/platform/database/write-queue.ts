import { Failure, Reason } from "../failure.ts";

/** What a database does to run many works in one commit. */
export interface CommitSteps {
  begin(): void;
  /** Marks where one work begins, so that it can be undone alone. */
  mark(): void;
  keep(): void;
  undo(): void;
  commit(): void;
  rollback(): void;
}

interface Waiting {
  readonly run: () => Promise<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers what arrives in one turn of the event loop into one commit: a commit waits for the disk, so ten works in one
 * cost about as much as one alone. Nobody hears of success before the commit.
 */
export function createWriteQueue(
  steps: CommitSteps,
  bounds: { perCommit: number; waiting: number },
  committed?: (writes: number, ms: number) => void,
) {
  const waiting: Waiting[] = [];
  let running = false;
  const idle: (() => void)[] = [];

  /** A work that nobody shares the commit with needs no mark: undoing it is undoing everything. */
  async function commitAlone(work: Waiting): Promise<void> {
    let result: unknown;
    try {
      steps.begin();
      result = await work.run();
      steps.commit();
    } catch (error) {
      rollBack();
      work.reject(error);
      return;
    }
    work.resolve(result as never);
  }

  async function commitTogether(batch: Waiting[]): Promise<void> {
    const done: (() => void)[] = [];
    try {
      steps.begin();
      for (const work of batch) {
        steps.mark();
        try {
          const result = await work.run();
          steps.keep();
          done.push(() => work.resolve(result as never));
        } catch (error) {
          steps.undo();
          done.push(() => work.reject(error));
        }
      }
      steps.commit();
    } catch (error) {
      // The commit itself failed (disk full, say): nothing of the batch happened, and everyone hears it.
      rollBack();
      for (const work of batch) work.reject(error);
      return;
    }
    for (const tell of done) tell();
  }

  function rollBack(): void {
    try {
      steps.rollback();
    } catch {
      // Already rolled back by the database.
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, bounds.perCommit);
      const startedAt = performance.now();
      if (batch.length === 1) await commitAlone(batch[0] as Waiting);
      else await commitTogether(batch);
      committed?.(batch.length, performance.now() - startedAt);
      // Lets those who were just answered, and the sockets, have their turn before the next commit.
      if (waiting.length > 0) await new Promise<void>((next) => setImmediate(next));
    }
    running = false;
    for (const tell of idle.splice(0)) tell();
  }

  return {
    add<Result>(run: () => Promise<Result>): Promise<Result> {
      if (waiting.length >= bounds.waiting) {
        return Promise.reject(
          new Failure(Reason.UNAVAILABLE, { sentence: "too many writes are waiting: try again", retryAfterMs: 1000 }),
        );
      }
      return new Promise<Result>((resolve, reject) => {
        waiting.push({ run, resolve: resolve as (result: never) => void, reject });
        if (!running) {
          running = true;
          setImmediate(() => void drain());
        }
      });
    },
    /** Resolves once nothing waits. */
    async settled(): Promise<void> {
      if (running) await new Promise<void>((resolve) => idle.push(resolve));
    },
  };
}
