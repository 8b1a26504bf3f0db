import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readOptions } from "./kit/options.ts";
import { print, type Report } from "./kit/report.ts";

// Runs every bench, one after the other, and says at the end which bars are met.
const benches = [
  "unary",
  "forward",
  "send-message",
  "fan-out",
  "idle",
  "reconnect",
  "history",
  "scale",
  "start",
  "audio-listeners",
  "audio-storm",
  "audio-latency",
  "outage",
];
const options = readOptions();
const here = new URL(".", import.meta.url).pathname;
const failed: string[] = [];

for (const bench of benches) {
  const args = [`${here}${bench}.ts`, ...(options.quick ? ["--quick"] : [])];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) failed.push(bench);
}

const rows = benches
  .filter((bench) => !failed.includes(bench))
  .flatMap((bench) => {
    const file = `${here}results/${bench}${options.quick ? ".quick" : ""}.json`;
    return (JSON.parse(readFileSync(file, "utf8")) as Report).rows;
  })
  .filter(({ first, end }) => first !== undefined || end !== undefined);
print({
  bench: "all bars",
  quick: options.quick,
  rows,
  notes: failed.length === 0 ? [] : [`failed: ${failed.join(", ")}`],
});
process.exitCode = failed.length === 0 ? 0 : 1;
