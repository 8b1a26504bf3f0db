import { readFile } from "node:fs/promises";
import { serveStatic } from "@hono/node-server/serve-static";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

const dist = new URL("../../web/dist/", import.meta.url).pathname;

/** The browser console: one page, whose addresses are its own. */
export function serveConsole(): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", "data:", "blob:"],
        mediaSrc: ["'self'", "blob:"],
        workerSrc: ["'self'", "blob:"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
      },
      crossOriginEmbedderPolicy: false,
      // Whether TLS is in front is not known here.
      strictTransportSecurity: false,
    }),
  );
  app.use(
    "/assets/*",
    // Their names change with their content.
    caching("public, max-age=31536000, immutable"),
    serveStatic({ root: dist, precompressed: true }),
  );
  app.get("/favicon.svg", serveStatic({ root: dist, path: "favicon.svg" }));
  const page = [caching("no-cache"), serveStatic({ root: dist, path: "index.html", precompressed: true })] as const;
  for (const path of pagePaths) app.get(path, ...page);
  return app;
}

/** What a person is shown who follows a wrong link: the console, which says so. Undefined for a program. */
export async function missingPage({ req }: Context): Promise<Response | undefined> {
  const isPerson = req.method === "GET" && (req.header("accept") ?? "").includes("text/html");
  const page = isPerson ? await readFile(`${dist}index.html`).catch(() => undefined) : undefined;
  if (page === undefined) return undefined;
  return new Response(page, {
    status: 404,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" },
  });
}

/** The console's own addresses: each of them is the same page. */
const pagePaths = ["/", "/rooms/*", "/dm/*", "/streams", "/streams/*", "/account", "/account/*"];

/** How long what is found may be kept. */
function caching(value: string): MiddlewareHandler {
  return async (context, next) => {
    await next();
    if (context.res.ok) context.header("cache-control", value);
  };
}
