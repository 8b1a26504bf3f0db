import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { spawnVeza, type VezaProcess } from "./process.ts";

export type PartName = "gateway" | "chat" | "stream";

const portVariables = { gateway: "VEZA_HTTP_PORT", chat: "VEZA_CHAT_PORT", stream: "VEZA_STREAM_PORT" } as const;
const urlVariables = { gateway: "VEZA_AUTH_URL", chat: "VEZA_CHAT_URL", stream: "VEZA_STREAM_URL" } as const;

/** Where a process of a part is, or will be, or was. */
export interface PartProcess {
  readonly url: string;
  start(): Promise<void>;
  end(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<number | null>;
  /** Stops it in its tracks, or lets it go on: its sockets stay open and say nothing. */
  pause(signal: "SIGSTOP" | "SIGCONT"): void;
  readonly lines: readonly string[];
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
}

/** Parts as processes of their own, each on a port that it comes back to. */
export interface Parts extends AsyncDisposable {
  readonly gateways: readonly PartProcess[];
  readonly chats: readonly PartProcess[];
  readonly streams: readonly PartProcess[];
  readonly gateway: string;
  readonly dataDir: string;
}

export interface PartsOptions {
  /** How many processes of each; one of each unless said. */
  readonly count?: Partial<Record<PartName, number>>;
  readonly env?: Record<string, string>;
  readonly scheme?: "http" | "https";
  /** Leaves them all to be started by hand. */
  readonly startNone?: boolean;
}

export async function startParts(options: PartsOptions = {}): Promise<Parts> {
  const dataDir = await mkdtemp(join(tmpdir(), "veza-parts-"));
  const names: readonly PartName[] = ["gateway", "chat", "stream"];
  const urls = Object.fromEntries(
    await Promise.all(
      names.map(async (name) => {
        const ports = await freePorts(options.count?.[name] ?? 1);
        return [name, ports.map((port) => `${options.scheme ?? "http"}://127.0.0.1:${port}`)] as const;
      }),
    ),
  ) as Record<PartName, string[]>;

  function part(name: PartName, url: string): PartProcess {
    let running: VezaProcess | undefined;
    const env = {
      VEZA_SERVICES: name,
      VEZA_DATA_DIR: dataDir,
      VEZA_LOG_LEVEL: "info",
      [portVariables[name]]: new URL(url).port,
      ...Object.fromEntries(names.map((each) => [urlVariables[each], urls[each].join(",")])),
      ...options.env,
    };
    return {
      url,
      async start() {
        running = await spawnVeza(env);
      },
      async end(signal) {
        const code = await running?.end(signal);
        running = undefined;
        return code ?? null;
      },
      pause(signal) {
        if (running !== undefined) process.kill(running.pid, signal);
      },
      get lines() {
        return running?.lines ?? [];
      },
      get pid() {
        return running?.pid;
      },
    };
  }
  const of = (name: PartName) => urls[name].map((url) => part(name, url));
  const [gateways, chats, streams] = [of("gateway"), of("chat"), of("stream")];
  const all = [...gateways, ...chats, ...streams];
  if (options.startNone !== true) await Promise.all(all.map((each) => each.start()));
  return {
    gateways,
    chats,
    streams,
    gateway: gateways[0]?.url ?? "",
    dataDir,
    async [Symbol.asyncDispose]() {
      for (const each of all) each.pause("SIGCONT");
      await Promise.all(all.map((each) => each.end("SIGKILL")));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Waits until the gateway finds all parts well, and all parts are ready: each of them looks for itself. */
export async function untilHealthy({ gateways, chats, streams }: Parts): Promise<void> {
  const isOk = async (url: string) => (await fetch(url).catch(() => undefined))?.status === 200;
  const isWell = async (url: string) => {
    const health = await fetch(`${url}/health`).catch(() => undefined);
    return ((await health?.json()) as { status?: string } | undefined)?.status === "ok";
  };
  for (const { url } of [...chats, ...streams]) while (!(await isOk(`${url}/health/ready`))) await pause(20);
  for (const { url } of gateways) while (!(await isWell(url))) await pause(20);
}

/** Ports that were free a moment ago: an address has to be known before the process that will have it. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
