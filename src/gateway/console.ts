import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
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
    serveStatic({
      root: dist,
      // Their names change with their content.
      onFound: (_path, context) => context.header("cache-control", "public, max-age=31536000, immutable"),
    }),
  );
  const page = serveStatic({
    root: dist,
    path: "index.html",
    onFound: (_path, context) => context.header("cache-control", "no-cache"),
  });
  app.get("/favicon.svg", serveStatic({ root: dist, path: "favicon.svg" }));
  app.get("/", page);
  app.get("/rooms/*", page);
  app.get("/dm/*", page);
  app.get("/account/*", page);
  app.get("/streams", page);
  app.get("/streams/*", page);
  app.get("/account", page);
  return app;
}
