import type { IncomingMessage, ServerResponse } from "node:http";
import { Http2ServerRequest, Http2ServerResponse, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { Platform } from "../platform/platform.ts";
import { missingPage, serveConsole } from "./console.ts";
import { healthEndpoints, type Probe, type Probes } from "./health.ts";
import { observeParts } from "./part-metrics.ts";
import { type TestServices, testEndpoints } from "./test-endpoints.ts";

/** Everything on the gateway's port that is not an RPC. */
export interface Gateway {
  onHttp1(request: IncomingMessage, response: ServerResponse): void;
  onHttp2(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
}

export interface GatewayNeeds {
  readonly platform: Platform;
  readonly version: string;
  /** False once the process is about to stop. */
  readonly isServing: () => boolean;
  /** The keys that access tokens are signed with. */
  readonly jwks: () => Promise<object>;
  readonly probes: Probes;
  /** Of what this process cannot do without. */
  readonly needed: readonly Probe[];
  /** Takes a message to the bus and back; undefined where the bus is inside this process. */
  readonly busProbe: Probe | undefined;
  readonly testServices: TestServices;
}

export function createGateway(needs: GatewayNeeds): Gateway {
  const { platform } = needs;
  observeParts(platform.metrics, needs.probes);
  const app = new Hono();

  app.route("/health", healthEndpoints({ ...needs, bus: needs.busProbe }));
  app.get("/.well-known/jwks.json", async (context) => {
    context.header("cache-control", "public, max-age=60");
    return context.json(await needs.jwks());
  });
  if (!platform.config.production) app.route("/test", testEndpoints({ ...needs, ...platform }));
  app.route("/", serveConsole());
  app.notFound(async (context) => {
    const page = await missingPage(context);
    return page ?? context.json({ error: `there is nothing at ${context.req.path}` }, 404);
  });
  app.onError((error, context) => {
    platform.log.error({ err: error, path: context.req.path }, "http request failed");
    return context.json({ error: "internal error" }, 500);
  });

  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return {
    onHttp1(request, response) {
      void listener(request, response);
    },
    onHttp2(stream, headers) {
      const request = new Http2ServerRequest(stream, headers, {}, []);
      void listener(request, new Http2ServerResponse(stream));
    },
  };
}
