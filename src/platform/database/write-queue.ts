import { Failure, Reason } from "../failure.ts";
import { tooManyWaiting } from "./turns.ts";

/** What a database does to run many works in one commit. */
export interface CommitSteps {
  begin(): void;
  /** Marks where one work begins, so that it can be undone alone. */
  mark(): void;
  keep(): void;
  undo(): void;
  /** How many statements have run that may have changed something. */
  changes(): number;
  commit(): void;
  rollback(): void;
  /** Resolves once what was committed survives a loss of power. Other work of the process goes on meanwhile. */
  flush(): Promise<void>;
}

interface Waiting {
  readonly run: () => Promise<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Tells whoever waits for a work how it ended. */
type Tell = () => void;

/**
 * Gathers what arrives while others are written into one commit: a commit waits for the disk, so ten works in one cost
 * about as much as one alone. While one commit is on its way to the disk the works of the next one run. Nobody hears of
 * success before it is there. After a flush that failed nothing is taken any more.
 */
export function createWriteQueue(
  steps: CommitSteps,
  bounds: { perCommit: number; waiting: number },
  committed?: (writes: number, ms: number) => void,
) {
  const waiting: Waiting[] = [];
  let running = false;
  const idle: (() => void)[] = [];
  const breaks: (() => Promise<void>)[] = [];
  let isLost = false;
  /** That what was committed last is on the disk, and everyone was told. */
  let flushed: Promise<void> = Promise.resolve();

  /**
   * Runs some works in one transaction, which is left open. Undefined when one has failed halfway through its changes,
   * and cannot be undone without a mark.
   */
  async function runTogether(batch: readonly Waiting[], isMarked: boolean): Promise<Tell[] | undefined> {
    const done: Tell[] = [];
    steps.begin();
    for (const work of batch) {
      if (isMarked) steps.mark();
      const before = steps.changes();
      try {
        const result = await work.run();
        if (isMarked) steps.keep();
        done.push(() => work.resolve(result as never));
      } catch (error) {
        if (isMarked) steps.undo();
        else if (steps.changes() !== before) return undefined;
        done.push(() => work.reject(error));
      }
    }
    return done;
  }

  /** Most works fail before they change anything, if at all: marks are set only where one did not. */
  async function runAll(batch: readonly Waiting[]): Promise<Tell[]> {
    const done = await runTogether(batch, false);
    if (done !== undefined) return done;
    steps.rollback();
    return (await runTogether(batch, true)) ?? [];
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    const startedAt = performance.now();
    const before = steps.changes();
    try {
      const done = await runAll(batch);
      // Even a work that changes nothing may answer what it has seen of those.
      await flushed;
      if (steps.changes() === before) {
        steps.rollback();
        for (const tell of done) tell();
        return;
      }
      steps.commit();
      flushed = flush(batch, () => {
        committed?.(batch.length, performance.now() - startedAt);
        for (const tell of done) tell();
      });
      // Who commits next hears of it.
      flushed.catch(() => undefined);
    } catch (error) {
      // The commit itself failed (disk full, say): nothing of the batch happened, and everyone hears it.
      rollBack();
      for (const { reject } of batch) reject(error);
    }
  }

  async function flush(batch: readonly Waiting[], tell: Tell): Promise<void> {
    try {
      await steps.flush();
    } catch (error) {
      isLost = true;
      for (const { reject } of batch) reject(error);
      throw error;
    }
    tell();
  }

  function rollBack(): void {
    try {
      steps.rollback();
    } catch {
      // Already rolled back by the database.
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0 || breaks.length > 0) {
      for (const take of breaks.splice(0)) await take();
      if (waiting.length > 0) await commit(waiting.splice(0, bounds.perCommit));
      // Lets the sockets have their turn before the next commit.
      if (waiting.length > 0) await new Promise<void>((next) => setImmediate(next));
    }
    running = false;
    for (const tell of idle.splice(0)) tell();
  }

  function start(): void {
    if (running) return;
    running = true;
    setImmediate(() => void drain());
  }

  return {
    add<Result>(run: () => Promise<Result>): Promise<Result> {
      if (isLost) {
        return Promise.reject(new Failure(Reason.UNAVAILABLE, { sentence: "the disk has failed", retryAfterMs: 1000 }));
      }
      if (waiting.length >= bounds.waiting) return Promise.reject(tooManyWaiting());
      return new Promise<Result>((resolve, reject) => {
        waiting.push({ run, resolve: resolve as (result: never) => void, reject });
        start();
      });
    },
    /** Runs something while all that was committed is on the disk, and nothing is written. Settles as it does. */
    betweenCommits(work: () => Promise<void>): Promise<void> {
      return new Promise((resolve, reject) => {
        breaks.push(() => flushed.then(work).then(resolve, reject));
        start();
      });
    },
    /** Resolves once nothing waits, and all is on the disk as far as it takes it. */
    async settled(): Promise<void> {
      if (running) await new Promise<void>((resolve) => idle.push(resolve));
      await flushed.catch(() => undefined);
    },
  };
}
