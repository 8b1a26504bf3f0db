import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cells, columns, type Kept } from "./kit/report.ts";

// Puts the figures of the last full run into docs/performance.md.
const results = new URL("results/", import.meta.url).pathname;
const page = new URL("../docs/performance.md", import.meta.url).pathname;
const order = [
  "unary",
  "send-message",
  "fan-out",
  "idle",
  "reconnect",
  "history",
  "start",
  "audio-listeners",
  "audio-storm",
  "audio-latency",
];
const begin = "<!-- figures: written by bench/write-figures.ts -->";
const end = "<!-- end of figures -->";

/** Those not named come last. */
function place(bench: string): number {
  const index = order.indexOf(bench);
  return index === -1 ? order.length : index;
}

const found = readdirSync(results).filter((file) => file.endsWith(".json") && !file.endsWith(".quick.json"));
const kept = found
  .map((file) => JSON.parse(readFileSync(results + file, "utf8")) as Kept)
  .sort((a, b) => place(a.bench) - place(b.bench));

const row = (values: readonly string[]) => `| ${values.map((value) => value.replaceAll("|", "\\|")).join(" | ")} |`;
const sections = kept.map(({ bench, rows, notes, at, machine }) =>
  [
    `### ${bench}`,
    "",
    row(columns.map((title) => title || "value")),
    row(columns.map(() => "---")),
    ...rows.map((each) => row(cells(each))),
    "",
    ...notes.map((note) => `- ${note}`),
    `- ${at.slice(0, 16).replace("T", " ")} UTC, ${machine.cpus} cores (${machine.model}), Node ${machine.node}, load average ${machine.load.toFixed(1)}`,
    "",
  ].join("\n"),
);
const text = readFileSync(page, "utf8");
const from = text.indexOf(begin);
const to = text.indexOf(end);
if (from === -1 || to === -1) throw new Error(`${page} has no place for figures`);
writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${sections.join("\n")}\n${text.slice(to)}`);
