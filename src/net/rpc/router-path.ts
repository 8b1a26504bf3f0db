import { ConnectError, createConnectRouter, type Interceptor } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import { toStatus } from "../../rpc/errors.ts";
import type { Gate } from "../../rpc/gate.ts";
import { requestIdKey } from "../../rpc/request-id.ts";
import type { ServiceRoutes } from "../../rpc/routes.ts";
import type { Exchange, WireHeaders } from "../exchange.ts";
import { contextValuesOf } from "./call-context.ts";

/**
 * The way through Connect's own router, for all that the direct path leaves out: compressed requests, GET, streams of
 * requests, and every spelling that the protocols allow.
 */
export interface RouterPath {
  /** The handler of a path, if there is one. */
  find(path: string): UniversalHandler | undefined;
  serve(exchange: Exchange, handler: UniversalHandler, corsHeaders: WireHeaders): void;
}

export function createRouterPath(needs: {
  services: readonly ServiceRoutes[];
  gate: Gate;
  interceptors: Interceptor[];
  log: Log;
  shutdown: AbortSignal;
}): RouterPath {
  const { gate, log } = needs;
  const router = createConnectRouter({
    interceptors: needs.interceptors,
    acceptCompression: [compressionGzip, compressionBrotli],
    compressMinBytes: limits.rpc.compressAboveBytes,
    readMaxBytes: limits.rpc.messageBytes,
    maxTimeoutMs: limits.rpc.maxTimeoutMs,
    shutdownSignal: needs.shutdown,
    async requestGate(context) {
      try {
        const authorization = context.requestHeader.get("authorization") ?? undefined;
        await gate({ method: context.method, values: context.values, authorization });
      } catch (error) {
        throw toStatus(error, context.values.get(requestIdKey), log);
      }
    },
  });
  for (const { service, implementation } of needs.services) router.service(service, implementation);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  return {
    find: (path) => handlers.get(path),
    serve(exchange, handler, corsHeaders) {
      void serveUniversal(exchange, handler, corsHeaders).catch((error: unknown) => {
        log.error({ err: error, path: exchange.target }, "an rpc broke off");
        exchange.reset();
      });
    },
  };
}

async function serveUniversal(exchange: Exchange, handler: UniversalHandler, corsHeaders: WireHeaders): Promise<void> {
  const gone = new AbortController();
  exchange.onClose((early) => gone.abort(early ? new ConnectError("the client left", 1) : undefined));
  const timeout = { ms: undefined as number | undefined, abort: (reason: unknown) => gone.abort(reason) };
  const response = await handler({
    httpVersion: exchange.httpVersion,
    method: exchange.method,
    // Only the query is read from it; the authority is checked before.
    url: new URL(exchange.target, "http://localhost").href,
    header: exchange.headers(),
    body: exchange.body(),
    signal: gone.signal,
    contextValues: contextValuesOf(exchange, timeout),
  });

  const header = { ...toWire(response.header), ...corsHeaders };
  if (response.body === undefined) {
    exchange.respond(response.status, header, undefined);
    return;
  }
  const drained = { wake: (): void => undefined };
  let stalled: NodeJS.Timeout | undefined;
  exchange.onDrain(() => drained.wake());
  exchange.onClose(() => {
    clearTimeout(stalled);
    drained.wake();
  });
  exchange.begin(response.status, header, response.trailer !== undefined);
  for await (const bytes of response.body) {
    if (exchange.closed) return;
    if (exchange.write(bytes)) continue;
    stalled = setTimeout(() => exchange.reset(), limits.port.stalledReaderMs).unref();
    await new Promise<void>((resolve) => {
      drained.wake = resolve;
      if (exchange.closed) resolve();
    });
    clearTimeout(stalled);
  }
  exchange.end(response.trailer === undefined ? undefined : toWire(response.trailer));
}

function toWire(headers: Headers | undefined): WireHeaders {
  const wire: Record<string, string> = {};
  headers?.forEach((value, name) => {
    wire[name] = value;
  });
  return wire;
}
