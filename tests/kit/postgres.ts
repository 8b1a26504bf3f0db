import { execFile, spawn } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import { freePort } from "./cutting-proxy.ts";

const run = promisify(execFile);

/** A PostgreSQL server of the tests' own, in a folder that is gone afterwards. */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number;
  /** The process that the others of the server come from. */
  readonly pid: number | undefined;
  /** The address of one of its databases. */
  url(database: string): string;
  /** Stops at once, as a crash does, and starts again with what is on the disk. */
  crash(): Promise<void>;
  start(): Promise<void>;
}

const user = "veza";

/**
 * Starts a server. `durable`: with fsync, as in service; without it, what a test stores does not wait for the disk.
 * `settings` are the server's own.
 * Throws when PostgreSQL is not installed.
 */
export async function startPostgres(
  options: { durable?: boolean; settings?: Readonly<Record<string, string>> } = {},
): Promise<PostgresServer> {
  const programs = await findPrograms();
  const folder = await mkdtemp(join(tmpdir(), "veza-postgres-"));
  const data = join(folder, "data");
  // It refuses to run as root: then it is run as the user that its package has made.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    await chmod(folder, 0o755);
    await run("chown", ["postgres", folder]);
  }
  const as = (program: string, args: readonly string[]): [string, string[]] => {
    const path = join(programs, program);
    return isRoot
      ? ["setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", path, ...args]]
      : [path, [...args]];
  };
  // As most servers are set up: text sorts as people do, not as bytes do.
  const locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"];
  await run(...as("initdb", ["-D", data, "-U", user, "--auth=trust", "--no-sync", ...locale]), { cwd: folder });
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    max_connections: 300,
    shared_buffers: "64MB",
    ...(options.durable === true ? {} : { fsync: "off" }),
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  let pid: number | undefined;
  let end = async (_signal: NodeJS.Signals): Promise<void> => {};
  const url = (database: string) => `postgres://${user}@127.0.0.1:${port}/${database}`;

  async function start(): Promise<void> {
    const child = spawn(...as("postgres", ["-D", data, ...args]), { stdio: "ignore", cwd: folder });
    const exited = once(child, "exit");
    pid = child.pid;
    end = async (signal) => {
      child.kill(signal);
      await exited;
    };
    for (;;) {
      if (child.exitCode !== null) throw new Error(`PostgreSQL ended with ${child.exitCode}`);
      if (await answers(url("postgres"))) return;
      await sleep(20);
    }
  }
  await start();
  return {
    port,
    get pid() {
      return pid;
    },
    url,
    start,
    // SIGQUIT: ends all at once and recovers from the log at the next start.
    crash: () => end("SIGQUIT"),
    async [Symbol.asyncDispose]() {
      await end("SIGQUIT");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** The folder of its programs: on the path, or where Debian keeps them. */
async function findPrograms(): Promise<string> {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? (await readdir(debian)).sort((one, other) => Number(other) - Number(one)) : [];
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...versions.map((each) => join(debian, each, "bin"))];
  const found = folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
  if (found === undefined) {
    throw new Error("PostgreSQL is not installed. Install it, or leave its tests out with VEZA_TEST_WITHOUT=postgres");
  }
  return found;
}

/** Runs statements as the administrator of a server. */
export async function administer(server: Pick<PostgresServer, "url">, ...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: server.url("postgres") });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A name for a database that belongs to a folder. */
export function databaseNameOf(folder: string): string {
  return `veza_${hash("sha256", folder).slice(0, 16)}`;
}
