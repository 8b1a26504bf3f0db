import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

// Prints where the time of a CPU profile went: `node bench/profile.ts <file or folder> [rows]`. Profiles come from a bench
// run with BENCH_PROF=<folder>.
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { functionName: string; url: string; lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const [given = ".", rowsWanted = "45"] = process.argv.slice(2);
const file = statSync(given).isDirectory() ? join(given, readdirSync(given).sort().at(-1) ?? "") : given;
const profile = JSON.parse(readFileSync(file, "utf8")) as Profile;
const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));

function nameOf(id: number): string {
  const { functionName, url, lineNumber } = nodes.get(id)?.callFrame ?? { functionName: "?", url: "", lineNumber: 0 };
  const place = url.replace(/^.*\/node_modules\//, "").replace(/^file:\/\/.*?\/(src|gen|bench)\//, "$1/");
  return `${functionName || "(anonymous)"}  ${place}${url === "" ? "" : `:${lineNumber + 1}`}`;
}

/** The file, or the package of one. */
function placeOf(id: number): string {
  const { functionName, url } = nodes.get(id)?.callFrame ?? { functionName: "?", url: "" };
  if (url === "") return functionName.startsWith("(") ? functionName : "native";
  const inPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  return inPackage ?? url.replace(/^file:\/\/.*?\/(src|gen|bench)\//, "$1/");
}

const places = new Map<string, number>();
const self = new Map<string, number>();
const total = new Map<string, number>();
let busy = 0;
profile.samples.forEach((id, index) => {
  const time = profile.timeDeltas[index] ?? 0;
  const name = nameOf(id);
  if (name.startsWith("(idle)")) return;
  busy += time;
  self.set(name, (self.get(name) ?? 0) + time);
  places.set(placeOf(id), (places.get(placeOf(id)) ?? 0) + time);
  const seen = new Set<string>();
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) seen.add(nameOf(at));
  for (const each of seen) total.set(each, (total.get(each) ?? 0) + time);
});

function print(title: string, times: ReadonlyMap<string, number>): void {
  console.log(`\n${title}`);
  const sorted = [...times].sort((a, b) => b[1] - a[1]).slice(0, Number(rowsWanted));
  for (const [name, time] of sorted) console.log(`${((time / busy) * 100).toFixed(1).padStart(6)} %  ${name}`);
}
console.log(`${file}: ${(busy / 1e6).toFixed(1)} s of work`);
print("by file or package", places);
print("self", self);
print("with what it calls", total);
