import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startApp } from "../kit/app.ts";
import { person } from "../kit/people.ts";
import { needPythonGrpc, pythonPath } from "./python-client.ts";
import { need, projectDir, type Running, runs, runWell, start, writeDescriptorSet } from "./tools.ts";

/** What an example's command line begins with, up to the server's address. */
type Command = (dir: string) => Promise<{ readonly command: string; readonly args: readonly string[] }>;

const shell: Command = async () => {
  await need("curl", "curl", "curl", ["--version"]);
  return { command: "bash", args: [`${projectDir}examples/curl/chat.sh`] };
};

const python: Command = async (dir) => {
  await needPythonGrpc();
  const contract = join(dir, "veza.binpb");
  await writeDescriptorSet(contract);
  return { command: pythonPath, args: [`${projectDir}examples/python/chat.py`, contract] };
};

const go: Command = async (dir) => {
  const program = join(dir, "chat");
  const env = { GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local", GOPROXY: "off" };
  await runWell("go", ["build", "-o", program, "."], { cwd: `${projectDir}examples/go`, env });
  return { command: program, args: [] };
};

/** The lines of a program, of which one can be waited for. */
function linesOf(program: Running) {
  let text = "";
  let ended: string | undefined;
  let changed = Promise.withResolvers<void>();
  const wake = () => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  program.onOutput((chunk) => {
    text += chunk.toString();
    wake();
  });
  program.onEnd((code, stderr) => {
    ended = `the example ended with ${code}: ${stderr}`;
    wake();
  });
  const lines = () => text.split("\n").slice(0, -1);
  return {
    lines,
    async until(begin: string): Promise<string> {
      for (;;) {
        const line = lines().find((each) => each.startsWith(begin));
        if (line !== undefined) return line;
        if (ended !== undefined) throw new Error(`${ended}\nafter: ${text}`);
        await changed.promise;
      }
    },
  };
}

async function runExample(language: string, prepare: Command, withScheme: boolean): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "veza-example-"));
  const dataDir = join(dir, "data");
  const { command, args } = await prepare(dir);
  let app = await startApp({ dataDir });
  const { host, port } = new URL(app.gateway);
  const address = withScheme ? app.gateway : host;
  const programs: Running[] = [];
  const run = (username: string, ...room: string[]) => {
    const program = start(command, [...args, address, username, "a long password", ...room]);
    programs.push(program);
    return linesOf(program);
  };
  try {
    const other = await person(app, "other");
    const first = run("first");
    const roomId = (await first.until("room ")).slice("room ".length);
    await first.until(`first: Hello from ${language}`);

    const second = run("second", roomId);
    await second.until(`second: Hello from ${language}`);
    await first.until(`second: Hello from ${language}`);

    await other.chat.joinRoom({ roomId });
    await other.chat.sendMessage({ roomId, content: "before the restart" });
    await first.until("other: before the restart");

    await app[Symbol.asyncDispose]();
    app = await startApp({ dataDir, env: { VEZA_HTTP_PORT: port } });
    await other.chat.sendMessage({ roomId, content: "after the restart" });
    await Promise.all([first.until("other: after"), second.until("other: after")]);

    // Everything once and in order, also what was said before they came.
    const said = [
      `room ${roomId}`,
      `first: Hello from ${language}`,
      `second: Hello from ${language}`,
      "other: before the restart",
      "other: after the restart",
    ];
    expect(first.lines()).toEqual(said);
    expect(second.lines()).toEqual(said);
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
    await app[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  }
}

test("the example in bash and curl", () => runExample("curl", shell, true));
test("the example in Python", () => runExample("Python", python, false));

const hasGo = await runs("go", ["version"]);
test.skipIf(!hasGo)(`the example in Go${hasGo ? "" : ": left out, there is no go on this machine"}`, () =>
  runExample("Go", go, true),
);
