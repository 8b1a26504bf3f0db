import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";

/** What a server process says once it listens. */
export interface Ready {
  readonly port: number;
  /** Whatever else a client has to know. */
  readonly [fact: string]: unknown;
}

export type Memory = Readonly<ReturnType<typeof process.memoryUsage>>;

/** A server in a process of its own. */
export interface Child {
  readonly name: string;
  readonly ready: Ready;
  /** Microseconds of CPU, user and system, since it started. */
  cpu(): Promise<number>;
  /** After a full collection. */
  memory(): Promise<Memory>;
  /** Asks what the server offers beyond that. */
  ask(question: string, argument?: unknown): Promise<unknown>;
  /** Says something, and waits for nothing. */
  tell(what: string, argument?: unknown): void;
  end(): Promise<void>;
}

const peers = new URL("../peers/", import.meta.url).pathname;

/** Starts `peers/<file>`. What it writes to standard output goes nowhere; BENCH_PROF names a folder for CPU profiles. */
export async function startChild(
  name: string,
  file: string,
  env: Record<string, string> = {},
  nodeOptions: readonly string[] = [],
): Promise<Child> {
  const nowhere = openSync("/dev/null", "w");
  const { BENCH_PROF } = process.env;
  const profiling = BENCH_PROF === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", `${BENCH_PROF}/${name}`];
  const child: ChildProcess = fork(peers + file, {
    execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning", ...profiling, ...nodeOptions],
    env: { ...process.env, ...env },
    stdio: ["ignore", nowhere, "inherit", "ipc"],
  });
  closeSync(nowhere);
  const exited = once(child, "exit");
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let asked = 0;
  let ended = false;
  const started = Promise.withResolvers<Ready>();

  child.on("message", (message: { ready?: Ready; id?: number; answer?: unknown; error?: string }) => {
    if (message.ready !== undefined) return started.resolve(message.ready);
    const question = waiting.get(message.id as number);
    waiting.delete(message.id as number);
    if (message.error === undefined) question?.resolve(message.answer);
    else question?.reject(new Error(`${name}: ${message.error}`));
  });
  void exited.then(([code, signal]) => {
    const error = new Error(`${name} ended with ${code ?? signal}`);
    started.reject(error);
    for (const question of waiting.values()) question.reject(error);
    if (!ended) throw error;
  });

  function ask(question: string, argument?: unknown): Promise<unknown> {
    asked += 1;
    const answer = Promise.withResolvers<unknown>();
    waiting.set(asked, answer);
    child.send({ id: asked, question, argument });
    return answer.promise;
  }

  return {
    name,
    ready: await started.promise,
    cpu: () => ask("cpu") as Promise<number>,
    memory: () => ask("memory") as Promise<Memory>,
    ask,
    tell: (question, argument) => void child.send({ question, argument }),
    async end() {
      ended = true;
      child.send({ question: "end" });
      const kill = setTimeout(() => child.kill("SIGKILL"), 15_000);
      await exited;
      clearTimeout(kill);
    },
  };
}
