import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readOptions } from "./kit/options.ts";
import { report, within } from "./kit/report.ts";
import { alternate, type Contender } from "./kit/rounds.ts";

// From starting the command to the line that says `ready`, on a checkout whose console is built.
const options = readOptions();
const root = new URL("..", import.meta.url).pathname;

function starting(name: string, command: string, args: readonly string[], fresh: boolean): Contender {
  let kept: string | undefined;
  return {
    name,
    async round() {
      const dataDir = fresh || kept === undefined ? await mkdtemp(join(tmpdir(), "veza-bench-")) : kept;
      const ms = await timeToReady(command, args, dataDir);
      if (fresh) await rm(dataDir, { recursive: true, force: true });
      else {
        if (kept === undefined) folders.push(dataDir);
        kept = dataDir;
      }
      return { ms };
    },
  };
}

const folders: string[] = [];

async function timeToReady(command: string, args: readonly string[], dataDir: string): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(command, args, {
    cwd: root,
    env: {
      ...process.env,
      VEZA_HTTP_PORT: "0",
      VEZA_CHAT_PORT: "0",
      VEZA_STREAM_PORT: "0",
      VEZA_DATA_DIR: dataDir,
      VEZA_LOG_FORMAT: "json",
    },
    stdio: ["ignore", "pipe", "inherit"],
    // A group of its own, to be ended as a whole: npm and its shell stand between us and the server.
    detached: true,
  });
  // Once nobody holds its output any more.
  const closed = once(child, "close");
  const ms = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.includes('"msg":"ready"')) resolve(performance.now() - startedAt);
    });
    void closed.then(([code]) => reject(new Error(`${command} ended with ${code} before it was ready`)));
  });
  process.kill(-(child.pid as number), "SIGTERM");
  await closed;
  return ms;
}

const node = ["src/main.ts", "serve"];
const found = await alternate(
  [
    starting("npm start", "npm", ["start"], false),
    starting("npm start, first time", "npm", ["start"], true),
    starting("node src/main.ts", process.execPath, node, false),
    starting("node src/main.ts, first time", process.execPath, node, true),
  ],
  { rounds: options.quick ? 2 : 7, roundMs: 0, warmMs: 1 },
);
for (const folder of folders) await rm(folder, { recursive: true, force: true });

report({
  bench: "start",
  quick: options.quick,
  rows: [...found].map(([what, { ms = Number.NaN }]) => ({
    what,
    unit: "s",
    ours: ms / 1000,
    ...(what.startsWith("npm") ? { first: within(ms / 1000, 1.5, "s"), end: within(ms / 1000, 0.5, "s") } : {}),
  })),
  notes: ["the first time: an empty folder, so tables and keys are made; else on the folder of a run before"],
});
