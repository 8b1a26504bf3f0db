import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const root = new URL("../..", import.meta.url).pathname;

/** What each room may import besides itself. What is not named here is refused. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  main: ["compose", "platform"],
  compose: ["auth", "chat", "stream", "gateway", "net", "rpc", "platform", "gen"],
  auth: ["rpc", "platform", "gen"],
  chat: ["rpc", "platform", "gen"],
  stream: ["rpc", "platform", "gen"],
  gateway: ["rpc", "platform", "gen"],
  net: ["rpc", "platform", "gen"],
  rpc: ["platform", "gen"],
  platform: ["gen"],
  client: ["gen"],
  web: ["client", "gen"],
};

interface Import {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

function roomOf(path: string): string {
  if (path.startsWith("gen/")) return "gen";
  if (path.startsWith("web/")) return "web";
  if (path.startsWith("src/")) return path === "src/main.ts" ? "main" : (path.split("/")[1] as string);
  return path;
}

/** Every import of one of our own files, types included. */
function imports(): Import[] {
  const found: Import[] = [];
  for (const file of globSync(["src/**/*.ts", "web/src/**/*.{ts,tsx}"], { cwd: root })) {
    const text = readFileSync(join(root, file), "utf8");
    for (const [, specifier = ""] of text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
      if (specifier.startsWith("#")) found.push({ file, from: roomOf(file), to: roomOf(specifier.slice(1)) });
      else if (specifier.startsWith(".")) {
        const target = relative(root, join(root, dirname(file), specifier));
        found.push({ file, from: roomOf(file), to: roomOf(target) });
      }
    }
  }
  return found;
}

describe("arrows between rooms", () => {
  const all = imports();

  test("point down", () => {
    const wrong = all.filter(({ from, to }) => {
      const isOwn = from === to || (to === "package.json" && from === "compose");
      return !isOwn && !(mayImport[from] ?? []).includes(to);
    });
    expect(wrong).toEqual([]);
  });

  test("are looked at at all", () => {
    expect(all.length).toBeGreaterThan(200);
    expect(new Set(all.map(({ from }) => from))).toEqual(new Set(Object.keys(mayImport)));
  });

  test("inside a service: only its door names the SQL stores, and handlers do not reach for a store", () => {
    const wrong: string[] = [];
    for (const file of globSync("src/{auth,chat,stream}/**/*.ts", { cwd: root })) {
      const text = readFileSync(join(root, file), "utf8");
      const isDoor = /^src\/(auth\/(own|outside)-auth|[a-z]+\/index|chat\/events\/index)\.ts$/.test(file);
      const isStore = /(^|\/)(sql-[a-z-]+|store\/[a-z-]+)\.ts$/.test(file);
      if (!isDoor && !isStore && /from "[^"]*\/sql-[a-z-]+\.ts"/.test(text)) wrong.push(`${file} names a SQL store`);
      if (file.includes("/rpc/") && /import (?!type)[^;]*from "\.\.\/(store|store\/[^"]*)"/.test(text))
        wrong.push(`${file} reaches for a store`);
    }
    expect(wrong).toEqual([]);
  });
});
