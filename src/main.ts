import { enableCompileCache } from "node:module";

const usage = `usage: node src/main.ts [serve | health]

  serve    run the parts that VEZA_SERVICES names; settings are environment variables, see docs/running.md
  health   ask the parts that the same settings name, on this machine, whether they are ready: ends with 0 or 1
`;

const [command = "serve", ...rest] = process.argv.slice(2);
if (!["serve", "health"].includes(command) || rest.length > 0) {
  process.stderr.write(usage);
  process.exit(2);
}

// Compiling a few hundred modules takes most of a start. What is compiled is kept beside what npm installed; where that
// cannot be written, a start takes longer.
enableCompileCache(new URL("../node_modules/.cache/veza", import.meta.url).pathname);
if (command === "health") {
  const { askHealth } = await import("./compose/ask-health.ts");
  await askHealth();
} else {
  const { serve } = await import("./compose/serve.ts");
  await serve();
}
