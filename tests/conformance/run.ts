import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Runs the official conformance suite of Connect, gRPC and gRPC-Web against the network layer, with every combination
 * that config.yaml claims. Arguments are handed to the suite, as in `--run '**' --trace`.
 * `--forwarded` puts a gateway in between.
 * `--if-go` lets it pass where there is no Go to build the suite with.
 */
const suite = "connectrpc.com/conformance";
const version = "v1.0.7";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const root = here("../..");
const path = [here("../../node_modules/.bin"), process.env.PATH, "/usr/local/go/bin"].join(":");
const env = { ...process.env, PATH: path };

function run(command: string, args: string[], more: NodeJS.ProcessEnv = {}): void {
  const { status, error } = spawnSync(command, args, { cwd: root, env: { ...env, ...more }, stdio: "inherit" });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const ours = ["--if-go", "--forwarded"];
const args = process.argv.slice(2).filter((arg) => !ours.includes(arg));
if (spawnSync("go", ["version"], { env }).status !== 0) {
  process.stderr.write("The conformance suite is built with Go, which is not installed here: nothing was checked.\n");
  process.exit(process.argv.includes("--if-go") ? 0 : 1);
}

const bin = here(`bin/${version}`);
if (!existsSync(`${bin}/connectconformance`)) {
  run("go", ["install", `${suite}/cmd/connectconformance@${version}`], { GOBIN: bin });
}
// The contract of the suite's service comes with the suite, in the cache of Go's modules.
const { stdout } = spawnSync("go", ["mod", "download", "-json", `${suite}@${version}`], { env, encoding: "utf8" });
const { Dir: source } = JSON.parse(stdout) as { Dir: string };
const plugin = {
  local: "protoc-gen-es",
  out: here("gen"),
  opt: ["target=ts", "import_extension=ts", "erasable_syntax=true"],
};
run("buf", [
  "generate",
  `${source}/proto`,
  "--template",
  JSON.stringify({ version: "v2", clean: true, plugins: [plugin] }),
]);
// Left out of the project's own check, as it needs what was generated just now.
run("tsc", ["--noEmit", "-p", here(".")]);

const forwarded = process.argv.includes("--forwarded") ? ["--forwarded"] : [];
const server = [process.execPath, here("server.ts"), ...forwarded];
run(`${bin}/connectconformance`, ["--mode", "server", "--conf", here("config.yaml"), ...args, "--", ...server]);
