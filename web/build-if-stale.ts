import { existsSync, globSync, statSync } from "node:fs";

/** Builds the console when its sources are newer than what was built, so that `npm start` is all that is needed. */

const root = new URL("..", import.meta.url).pathname;
const built = `${root}web/dist/index.html`;
const sources = [
  "web/index.html",
  "web/vite.config.ts",
  "web/src/**/*",
  "web/public/**/*",
  "src/client/**/*",
  "gen/**/*.ts",
  "package-lock.json",
];

function isStale(): boolean {
  if (!existsSync(built)) return true;
  const builtAt = statSync(built).mtimeMs;
  return sources.some((pattern) =>
    globSync(pattern, { cwd: root }).some((file) => statSync(root + file).mtimeMs > builtAt),
  );
}

if (isStale()) {
  // Loaded only when needed: it takes longer than the check.
  const { build } = await import("vite");
  await build({ root: `${root}web`, configFile: `${root}web/vite.config.ts`, logLevel: "warn" });
}
