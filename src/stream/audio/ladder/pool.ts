// Kept loaded by this thread: native code that only a worker loaded is unloaded with it, under its own feet.
import "@evan/opus";
import { Worker } from "node:worker_threads";
import { bounds } from "../bounds.ts";
import type { LadderPool, LadderPoolOptions } from "./ladder.ts";
import type { Made, Order } from "./messages.ts";
import { createSourceLadder, type WorkedLadder, type WorkerLink } from "./source-ladder.ts";

/** A worker thread, and the one that takes its place when it dies. */
interface Member extends WorkerLink, AsyncDisposable {
  readonly ladders: Set<WorkedLadder>;
  /** Begins a thread, so that it is there when it is needed. */
  start(): void;
}

/** Threads begin with the first ladder. */
export function createLadderPool({ broke }: LadderPoolOptions): LadderPool {
  // One, and nobody else in the process: the native codec is not made for two threads, and one thread's sound would
  // spoil the other's without a word.
  const members = [createMember(broke)];
  return {
    open(options) {
      const member = members.reduce((least, other) => (other.ladders.size < least.ladders.size ? other : least));
      member.start();
      const ladder = createSourceLadder(options, member);
      member.ladders.add(ladder);
      return {
        ...ladder,
        [Symbol.dispose]() {
          ladder[Symbol.dispose]();
          member.ladders.delete(ladder);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(members.map((member) => member[Symbol.asyncDispose]()));
    },
  };
}

function createMember(broke: (error: unknown) => void): Member {
  const ladders = new Set<WorkedLadder>();
  const made = new Map<number, (made: Made) => void>();
  let worker: Worker | undefined;
  let numbers = 0;
  let works = true;
  let deaths: number[] = [];
  let resting: NodeJS.Timeout | undefined;
  /** Orders that are answered, and were not yet. */
  let owed = 0;
  let heardAt = 0;

  function start(): void {
    if (worker !== undefined || !works) return;
    const thread = new Worker(new URL("./worker.ts", import.meta.url), { name: "audio" });
    worker = thread;
    owed = 0;
    thread.on("message", (message: Made) => {
      heardAt = performance.now();
      if (message.done > 0) owed -= 1;
      made.get(message.ladder)?.(message);
    });
    thread.on("error", (error) => died(thread, error));
    thread.on("exit", (code) => died(thread, new Error(`the audio worker ended with ${code}`)));
  }

  function died(thread: Worker, error: unknown): void {
    if (worker !== thread) return;
    worker = undefined;
    made.clear();
    const now = performance.now();
    deaths = [...deaths.filter((at) => now - at < 60_000), now];
    works = deaths.length < bounds.workerDeaths;
    broke(error);
    for (const ladder of ladders) ladder.workerLost();
    if (!works) resting = setTimeout(tryAgain, bounds.workerRestMs).unref();
  }

  /** What they died of may be gone: one source must not cost the others their qualities for ever. */
  function tryAgain(): void {
    works = true;
    deaths = [];
    for (const ladder of ladders) ladder.workerBack();
  }

  const watch = setInterval(() => {
    if (worker === undefined || owed === 0 || performance.now() - heardAt < bounds.workerSilentMs) return;
    const silent = worker;
    died(silent, new Error("the audio worker does not answer"));
    silent.terminate();
  }, 1000).unref();

  return {
    ladders,
    start,
    get works() {
      return works;
    },
    send(order: Order, transfer = []) {
      start();
      if (order.kind === "units") {
        if (owed === 0) heardAt = performance.now();
        owed += 1;
      }
      worker?.postMessage(order, transfer);
    },
    enter(tell) {
      numbers += 1;
      made.set(numbers, tell);
      return numbers;
    },
    leave(number) {
      made.delete(number);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(watch);
      clearTimeout(resting);
      works = false;
      const ending = worker;
      worker = undefined;
      await ending?.terminate();
    },
  };
}
