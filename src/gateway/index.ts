import type { IncomingMessage, ServerResponse } from "node:http";
import { Http2ServerRequest, Http2ServerResponse, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { TokenVerifier } from "../platform/access/token-verifier.ts";
import type { Platform } from "../platform/platform.ts";
import { type AudioEndpoints, type AudioHttp, audioEndpoints } from "./audio.ts";
import { serveConsole } from "./console.ts";
import { healthEndpoints, type Probes } from "./health.ts";
import { type TestServices, testEndpoints } from "./test-endpoints.ts";

/** Everything on the gateway's port that is not an RPC. */
export interface Gateway {
  onHttp1(request: IncomingMessage, response: ServerResponse): void;
  onHttp2(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
  /** What is sound is not taken through Hono: it has no end, and is written as it comes. */
  readonly serveAudio: AudioEndpoints;
}

export interface GatewayNeeds {
  readonly platform: Platform;
  readonly version: string;
  /** False once the process is about to stop. */
  readonly isServing: () => boolean;
  /** The keys that access tokens are signed with. */
  readonly jwks: () => unknown;
  readonly probes: Probes;
  readonly testServices: TestServices;
  readonly audio: AudioHttp;
  readonly verifier: TokenVerifier;
}

export function createGateway(needs: GatewayNeeds): Gateway {
  const { platform } = needs;
  const app = new Hono();

  app.route("/health", healthEndpoints(needs));
  app.get("/.well-known/jwks.json", (context) => {
    context.header("cache-control", "public, max-age=60");
    return context.json(needs.jwks() as object);
  });
  if (!platform.config.production) app.route("/test", testEndpoints({ ...needs, ...platform }));
  app.route("/", serveConsole());
  app.notFound((context) => context.json({ error: `there is nothing at ${context.req.path}` }, 404));
  app.onError((error, context) => {
    platform.log.error({ err: error, path: context.req.path }, "http request failed");
    return context.json({ error: "internal error" }, 500);
  });

  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return {
    serveAudio: audioEndpoints({ ...needs, log: platform.log }),
    onHttp1(request, response) {
      void listener(request, response);
    },
    onHttp2(stream, headers) {
      const request = new Http2ServerRequest(stream, headers, {}, []);
      void listener(request, new Http2ServerResponse(stream));
    },
  };
}
