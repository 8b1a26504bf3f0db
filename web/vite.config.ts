import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Where `vite dev` sends what is not the page itself. */
const gateway = process.env.VEZA_DEV_GATEWAY ?? "http://127.0.0.1:8080";

/** Of what is known of each emoji, the picker needs a fifth. */
const emojiInShort: Plugin = {
  name: "emoji-in-short",
  enforce: "pre",
  load(id) {
    if (!id.endsWith("emojibase-data/en/compact.json")) return null;
    const all = JSON.parse(readFileSync(id, "utf8")) as Record<string, unknown>[];
    return JSON.stringify(all.map(({ unicode, label, tags, group }) => ({ unicode, label, tags, group })));
  },
};

/** A step below the best: two parts in a hundred more to send, and less than half of the time to build. */
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } };

/** Each text also packed, beside itself: the gateway sends what a browser can unpack, and packs nothing by itself. */
const packed: Plugin = {
  name: "packed",
  apply: "build",
  writeBundle({ dir = "" }, bundle) {
    for (const name of Object.keys(bundle).filter((each) => /\.(js|css|html|svg)$/.test(each))) {
      const bytes = readFileSync(join(dir, name));
      writeFileSync(join(dir, `${name}.br`), brotliCompressSync(bytes, brotli));
      writeFileSync(join(dir, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    }
  },
};

export default defineConfig({
  root: here("."),
  plugins: [emojiInShort, packed],
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
    proxy: Object.fromEntries(
      ["/veza.", "/files", "/account/export", "/listen", "/recordings"].map((path) => [path, gateway]),
    ),
  },
});
