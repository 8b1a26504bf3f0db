import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./cutting-proxy.ts";

/** Whether tests that need Prometheus are left out, as `VEZA_TEST_WITHOUT=prometheus` asks. */
export const withoutPrometheus = (process.env.VEZA_TEST_WITHOUT ?? "").split(",").includes("prometheus");

export const deployed = new URL("../../deploy/prometheus/", import.meta.url).pathname;

/** A Prometheus that reads fast: more than twice a second. */
export interface Prometheus extends AsyncDisposable {
  readonly url: string;
  /** The series that a query answers with now. */
  query(expression: string): Promise<readonly { metric: Record<string, string>; value: number }[]>;
  /** The names of the alerts that fire now. */
  firing(): Promise<Set<string>>;
}

/** Runs promtool. Throws what it says when it is missing or finds something wrong; answers what it says otherwise. */
export function promtool(args: readonly string[], input = ""): string {
  const { stdout, stderr, status, error } = spawnSync("promtool", args, { input, encoding: "utf8", cwd: deployed });
  if (error) throw missing(error);
  if (status !== 0) throw new Error(`promtool ${args.join(" ")}:\n${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}

function missing(cause: unknown): Error {
  const how = "install it (apt-get install prometheus), or set VEZA_TEST_WITHOUT=prometheus";
  return new Error(`there is no Prometheus: ${how}`, { cause });
}

/**
 * What takes minutes in the rules takes seconds in a test; what is asked of the metrics stays the same. What is counted
 * over minutes (`increase`) needs no hurry: it is so as soon as it has been counted.
 */
export function hurried(rules: string): string {
  return rules.replaceAll(/^(\s+for:) .*$/gm, "$1 0s").replaceAll(/(\brate\([^[]*)\[\d+m\]/g, "$1[3s]");
}

/** Starts a server that reads these addresses, under the rules that are deployed. */
export async function startPrometheus(targets: readonly string[]): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), "veza-prometheus-"));
  const config = join(folder, "prometheus.yml");
  const scheme = new URL(targets[0] ?? "").protocol.slice(0, -1);
  await writeFile(join(folder, "rules.yml"), hurried(await readFile(join(deployed, "rules/veza.yml"), "utf8")));
  // JSON is YAML.
  const settings = {
    global: { scrape_interval: "400ms", scrape_timeout: "400ms", evaluation_interval: "400ms" },
    rule_files: ["rules.yml"],
    scrape_configs: [
      {
        job_name: "veza",
        scheme,
        tls_config: { insecure_skip_verify: true },
        static_configs: [{ targets: targets.map((target) => new URL(target).host) }],
      },
    ],
  };
  await writeFile(config, JSON.stringify(settings));
  const port = await freePort();
  const child = spawn(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const said: string[] = [];
  child.stderr.on("data", (bytes: Buffer) => said.push(bytes.toString()));
  let failed: Error | undefined;
  child.once("error", (error) => {
    failed = missing(error);
  });
  child.once("exit", (code) => {
    failed ??= new Error(`Prometheus ended with ${code}: ${said.join("")}`);
  });
  const gone = once(child, "exit").catch(() => undefined);
  const url = `http://127.0.0.1:${port}`;
  while (
    !(await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (failed !== undefined) throw failed;
    await sleep(50);
  }
  async function query(expression: string): Promise<{ metric: Record<string, string>; value: number }[]> {
    const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const answer = (await response.json()) as {
      status: string;
      error?: string;
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    if (answer.status !== "success") throw new Error(`${expression}: ${answer.error}`);
    return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }
  // It takes some seconds to find its targets. What goes wrong before that, it would not see.
  while ((await query("up")).length < targets.length) await sleep(50);
  return {
    url,
    query,
    async firing() {
      const response = await fetch(`${url}/api/v1/alerts`);
      const { data } = (await response.json()) as {
        data: { alerts: { state: string; labels: { alertname: string } }[] };
      };
      return new Set(data.alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname));
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Collects alerts while something goes wrong: resolves once all of these have fired. */
export async function expectAlerts(prometheus: Prometheus, expected: readonly string[]): Promise<void> {
  const seen = new Set<string>();
  for (const giveUp = performance.now() + 40_000; performance.now() < giveUp; await sleep(100)) {
    for (const name of await prometheus.firing()) seen.add(name);
    if (expected.every((name) => seen.has(name))) return;
  }
  const late = expected.filter((name) => !seen.has(name));
  throw new Error(`no alert ${late.join(", ")}; there were ${[...seen].join(", ") || "none"}`);
}
