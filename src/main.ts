import { enableCompileCache } from "node:module";

const usage = `usage: node src/main.ts serve

  serve   run the parts that VEZA_SERVICES names; settings are environment variables, see docs/running.md
`;

const [command = "serve", ...rest] = process.argv.slice(2);
if (command !== "serve" || rest.length > 0) {
  process.stderr.write(usage);
  process.exit(2);
}

// Compiling a few hundred modules takes most of a start. What is compiled is kept beside what npm installed; where that
// cannot be written, a start takes longer.
enableCompileCache(new URL("../node_modules/.cache/veza", import.meta.url).pathname);
const { serve } = await import("./compose/serve.ts");
await serve();
