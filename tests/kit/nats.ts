import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./cutting-proxy.ts";

/** A NATS server of a test's own, which can go away and come back at the same address. */
export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  /** Ends it as a power cut does. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Nobody is answered, and nobody is told, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** Whether tests that need NATS are left out, as `VEZA_TEST_WITHOUT=nats` asks. */
export const withoutNats = (process.env.VEZA_TEST_WITHOUT ?? "").split(",").includes("nats");

/** Debian puts it where only root looks. */
const places = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];

function findNatsServer(): string {
  for (const place of places) {
    const path = join(place, "nats-server");
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not there; the next place.
    }
  }
  throw new Error("there is no nats-server: install it (apt-get install nats-server), or set VEZA_TEST_WITHOUT=nats");
}

/** Starts a server on a free port of this machine. `options` go to its command line. */
export async function startNats(options: readonly string[] = []): Promise<NatsServer> {
  const command = findNatsServer();
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const started = spawn(command, ["-a", "127.0.0.1", "-p", String(port), ...options], { stdio: "ignore" });
    child = started;
    const giveUpAt = Date.now() + 10_000;
    while (!(await listens(port))) {
      if (started.exitCode !== null || Date.now() > giveUpAt) throw new Error("nats-server did not start");
      await sleep(10);
    }
  }
  async function stop(): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    const ended = once(ending, "exit");
    ending.kill("SIGKILL");
    await ended;
  }

  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    get pid() {
      return child?.pid;
    },
    start,
    stop,
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    [Symbol.asyncDispose]: stop,
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
