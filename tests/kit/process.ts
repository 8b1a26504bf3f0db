import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Veza as a process of its own, as an operator runs it. */
export interface VezaProcess {
  readonly pid: number;
  readonly gateway: string;
  readonly chat: string;
  readonly stream: string;
  /** From being started to its `ready` line. */
  readonly readyMs: number;
  /** Everything it wrote to standard output so far, a line each. */
  readonly lines: readonly string[];
  /** Ends it and waits until it is gone. Resolves to its exit code, null after a signal that it could not handle. */
  end(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<number | null>;
}

const main = new URL("../../src/main.ts", import.meta.url).pathname;

const plain: [string, string[]] = [process.execPath, [main, "serve"]];
const bounded = (files: number): [string, string[]] => [
  "sh",
  ["-c", `ulimit -n ${files}; exec "$0" "$@"`, process.execPath, main, "serve"],
];

/** `files` bounds how many files and sockets it may have open. */
export async function spawnVeza(env: Record<string, string>, { files }: { files?: number } = {}): Promise<VezaProcess> {
  const startedAt = performance.now();
  const child: ChildProcess = spawn(...(files === undefined ? plain : bounded(files)), {
    env: { PATH: process.env.PATH ?? "", VEZA_LOG_FORMAT: "json", VEZA_RATE_LIMIT: "off", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const errors: string[] = [];
  const ready = Promise.withResolvers<{ gateway: string; chat: string; stream: string }>();
  child.stderr?.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
    lines.push(line);
    const entry = JSON.parse(line) as { msg: string; addresses?: { gateway: string; chat: string; stream: string } };
    if (entry.msg === "ready" && entry.addresses !== undefined) ready.resolve(entry.addresses);
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  void exited.then(([code]) =>
    ready.reject(new Error(`Veza ended with ${code} before it was ready: ${errors.join("")}`)),
  );
  const addresses = await ready.promise;
  return {
    pid: child.pid as number,
    ...addresses,
    readyMs: performance.now() - startedAt,
    lines,
    async end(signal) {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}
