import { execFile, spawn } from "node:child_process";
import { once } from "node:events";

/** What a tool that ran to its end left behind. */
export interface Ran {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  /** What it reads from standard input; nothing by default. */
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a tool to its end, whatever that is. Rejects when the tool is not on this machine. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = spawn(command, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A tool that does not read what it is given may be gone before it is written.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? -1, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}

/** Runs a tool that has to end well; resolves to what it printed. */
export async function runWell(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}: ${stderr}`);
  return stdout.toString();
}

/** A tool that goes on until it is stopped. */
export interface Running {
  /** Calls back with everything that it prints, as it comes. */
  onOutput(listener: (chunk: Buffer) => void): void;
  /** Calls back once when it has ended, with its exit code and what it said on standard error. */
  onEnd(listener: (code: number | null, stderr: string) => void): void;
  /** Ends it and everything that it started. */
  stop(): Promise<void>;
}

export function start(command: string, args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(command, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
    // A group of its own: some tools are a script around the program that does the work.
    detached: true,
  });
  const stderr: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    onOutput: (listener) => void child.stdout.on("data", listener),
    onEnd: (listener) => void child.once("close", (code) => listener(code, Buffer.concat(stderr).toString())),
    async stop() {
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
        process.kill(-child.pid, "SIGKILL");
      }
      await ended;
    },
  };
}

/** Fails with a sentence that says what to install, unless `probe` runs well. */
export async function need(what: string, install: string, command: string, args: readonly string[]): Promise<void> {
  if (!(await runs(command, args))) throw new Error(`${what} is not on this machine: apt-get install ${install}`);
}

export function runs(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(command, args, (error) => resolve(error === null));
  });
}

/** The folder that the project is in. */
export const projectDir = new URL("../..", import.meta.url).pathname;

/** buf, as npm installed it. */
export const bufPath = `${projectDir}node_modules/.bin/buf`;

/** Writes the whole contract as a `google.protobuf.FileDescriptorSet`, which any protobuf library can read. */
export async function writeDescriptorSet(path: string): Promise<void> {
  await runWell(bufPath, ["build", "--as-file-descriptor-set", "-o", path], { cwd: projectDir });
}
