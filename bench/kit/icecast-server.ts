import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, chownSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connected } from "./h2-connection.ts";

/** What is said where icecast2 is not installed. */
export const icecastMissing =
  "icecast2 is not installed, so there is nothing to compare with: apt-get install icecast2";

export interface IcecastServer {
  readonly port: number;
  /** What a source shows, as user `source`. */
  readonly password: string;
  /** Microseconds of CPU, user and system, since it started; counted by the kernel in steps of 10 ms. */
  cpu(): number;
}

const nobody = 65_534;
const password = "bench";

/** icecast2 on a free port of loopback, in a folder of its own, until the stack ends; undefined when it is not installed. */
export async function startIcecast(
  stack: AsyncDisposableStack,
  options: { burstBytes: number },
): Promise<IcecastServer | undefined> {
  const program = findIcecast();
  if (program === undefined) return undefined;
  const dir = mkdtempSync(join(tmpdir(), "veza-bench-icecast-"));
  const port = await freePort();
  const file = join(dir, "icecast.xml");
  writeFileSync(file, configOf(dir, port, options.burstBytes));
  // It does not run as root.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) for (const path of [dir, file]) chownSync(path, nobody, nobody);
  const child = spawn(program, ["-c", file], {
    stdio: "ignore",
    ...(isRoot ? { uid: nobody, gid: nobody } : {}),
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  // A bench that is told to end does not leave it behind.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  const exited = once(child, "exit");
  stack.defer(async () => {
    child.kill("SIGTERM");
    const late = setTimeout(kill, 3000);
    await exited;
    clearTimeout(late);
    process.removeListener("exit", kill);
    rmSync(dir, { recursive: true, force: true });
  });
  await listening(port);
  return { port, password, cpu: () => cpuOf(child.pid as number) };
}

function findIcecast(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/bin", "/usr/local/bin"];
  return folders
    .flatMap((folder) => [join(folder, "icecast2"), join(folder, "icecast")])
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

async function listening(port: number): Promise<void> {
  const until = performance.now() + 5000;
  for (;;) {
    try {
      (await connected(port)).destroy();
      return;
    } catch (error) {
      if (performance.now() > until) throw new Error("icecast2 does not listen", { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Fields 14 and 15 of what the kernel tells of a process, in hundredths of a second. The name before may hold blanks. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

function configOf(dir: string, port: number, burstBytes: number): string {
  return `<icecast>
  <location>bench</location>
  <admin>nobody@localhost</admin>
  <hostname>127.0.0.1</hostname>
  <limits>
    <clients>10000</clients>
    <sources>2</sources>
    <queue-size>524288</queue-size>
    <client-timeout>30</client-timeout>
    <header-timeout>15</header-timeout>
    <source-timeout>30</source-timeout>
    <burst-size>${burstBytes}</burst-size>
  </limits>
  <authentication>
    <source-password>${password}</source-password>
    <relay-password>${password}</relay-password>
    <admin-user>admin</admin-user>
    <admin-password>${password}</admin-password>
  </authentication>
  <listen-socket>
    <port>${port}</port>
    <bind-address>127.0.0.1</bind-address>
  </listen-socket>
  <fileserve>0</fileserve>
  <paths>
    <basedir>${dir}</basedir>
    <logdir>${dir}</logdir>
    <webroot>${dir}</webroot>
    <adminroot>${dir}</adminroot>
  </paths>
  <logging>
    <accesslog>access.log</accesslog>
    <errorlog>error.log</errorlog>
    <loglevel>1</loglevel>
  </logging>
  <security><chroot>0</chroot></security>
</icecast>
`;
}
