import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { limits } from "../limits.ts";

/** Brings what is in the log into the database file, in a thread of its own, as it waits for the disk. */
export interface SqliteCheckpointer extends AsyncDisposable {
  /** Counts writes. Every so many are worth a checkpoint. */
  wrote(writes: number): void;
}

/** The thread is started with the first checkpoint. After one that failed the next one does its work too. */
export function createSqliteCheckpointer(
  path: string,
  needs: {
    /** Runs something while nothing is being written. */
    betweenCommits: (work: () => Promise<void>) => Promise<void>;
    failed: (error: unknown) => void;
  },
): SqliteCheckpointer {
  let worker: Worker | undefined;
  let since = 0;
  let running: Promise<void> | undefined;

  function start(): Worker {
    const thread = new Worker(new URL("./sqlite-checkpoint-worker.ts", import.meta.url), {
      name: "checkpoints",
      workerData: path,
    });
    thread.unref();
    thread.once("exit", () => {
      if (worker === thread) worker = undefined;
    });
    return thread;
  }

  async function checkpoint(): Promise<void> {
    worker ??= start();
    const over = new AbortController();
    const { signal } = over;
    const answer = Promise.race([once(worker, "message", { signal }), once(worker, "exit", { signal }).then(ended)]);
    worker.postMessage("checkpoint");
    try {
      await answer;
    } finally {
      over.abort();
    }
  }

  async function take(): Promise<void> {
    await checkpoint();
    // The log begins anew only when all of it is in the file. What was written meanwhile is little.
    await needs.betweenCommits(checkpoint);
  }

  return {
    wrote(writes) {
      since += writes;
      if (running !== undefined || since < limits.store.writesPerCheckpoint) return;
      since = 0;
      running = take()
        .catch(needs.failed)
        .finally(() => {
          running = undefined;
        });
    },
    async [Symbol.asyncDispose]() {
      await running;
      await worker?.terminate();
    },
  };
}

function ended(): never {
  throw new Error("the thread that takes checkpoints has ended");
}
