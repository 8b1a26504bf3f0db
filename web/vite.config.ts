import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Where `vite dev` sends what is not the page itself. */
const gateway = process.env.VEZA_DEV_GATEWAY ?? "http://127.0.0.1:8080";

export default defineConfig({
  root: here("."),
  resolve: { alias: { "#gen": here("../gen") } },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    target: "es2022",
    // Inlined files would need `data:` in the page's content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: Object.fromEntries(["/veza.", "/files", "/listen", "/recordings"].map((path) => [path, gateway])),
  },
});
