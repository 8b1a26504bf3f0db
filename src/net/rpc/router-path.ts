import { createConnectRouter } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { contentTypeUnaryJson, parseTimeout as parseConnectTimeout } from "@connectrpc/connect/protocol-connect";
import { parseTimeout as parseGrpcTimeout } from "@connectrpc/connect/protocol-grpc";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import type { TrustedProxies } from "../../platform/access/trusted-proxies.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import type { CallReports } from "../../rpc/call-reports.ts";
import type { Chain } from "../../rpc/chain.ts";
import { toStatus } from "../../rpc/errors.ts";
import type { Gate } from "../../rpc/gate.ts";
import { requestIdKey } from "../../rpc/request-id.ts";
import type { ServiceRoutes } from "../../rpc/routes.ts";
import { type Exchange, toWire, type WireHeaders } from "../exchange.ts";
import { bodyFailed } from "./body-errors.ts";
import { callOver, clientLeft, contextValuesOf } from "./call-context.ts";
import { messagesOf } from "./method-table.ts";
import { isReported, markReported, refusalIn, reportsIt } from "./unread-calls.ts";
import { blameSenders, blamingSender } from "./unreadable.ts";
import { wireOf } from "./wire.ts";

/**
 * The way through Connect's own router, for all that the direct path leaves out: compressed requests, GET, streams of
 * requests, and every spelling that the protocols allow.
 */
export interface RouterPath {
  /** The handler of a path, if there is one. */
  find(path: string): UniversalHandler | undefined;
  serve(exchange: Exchange, handler: UniversalHandler, cors: WireHeaders | undefined): void;
}

/** What framing and a compression that gains nothing may add to a message. */
const overheadBytes = 1024;

export function createRouterPath(needs: {
  services: readonly ServiceRoutes[];
  gate: Gate;
  chain: Chain;
  log: Log;
  reports: CallReports;
  shutdown: AbortSignal;
  messageBytes: number;
  proxies: TrustedProxies;
}): RouterPath {
  const { gate, log, reports, messageBytes } = needs;
  const router = createConnectRouter({
    interceptors: [markReported, blameSenders, needs.chain.interceptor],
    acceptCompression: [compressionGzip, compressionBrotli],
    compressMinBytes: limits.rpc.compressAboveBytes,
    readMaxBytes: messageBytes,
    maxTimeoutMs: limits.rpc.maxTimeoutMs,
    jsonOptions: { registry: messagesOf(needs.services), ignoreUnknownFields: true },
    async requestGate(context) {
      try {
        const authorization = context.requestHeader.get("authorization") ?? undefined;
        await gate({ method: context.method, values: context.values, authorization });
      } catch (error) {
        reportsIt(context.values);
        throw toStatus(error, context.values.get(requestIdKey), log);
      }
    },
  });
  for (const { service, implementation } of needs.services) {
    router.service(service, implementation);
  }
  const openStreams = new Set<AbortController>();
  needs.shutdown.addEventListener("abort", () => {
    for (const stream of [...openStreams]) stream.abort(needs.shutdown.reason);
  });
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  return {
    find: (path) => handlers.get(path),
    serve(exchange, handler, cors) {
      void serveUniversal(exchange, handler, cors).catch((error: unknown) => {
        log.error({ err: error, method: handler.method.name }, "an rpc broke off");
        exchange.reset();
      });
    },
  };

  async function serveUniversal(
    exchange: Exchange,
    handler: UniversalHandler,
    cors: WireHeaders | undefined,
  ): Promise<void> {
    const gone = new AbortController();
    const { methodKind } = handler.method;
    if (methodKind !== "unary") {
      openStreams.add(gone);
      if (needs.shutdown.aborted) gone.abort(needs.shutdown.reason);
    }
    exchange.onClose((early) => {
      openStreams.delete(gone);
      gone.abort(early ? clientLeft : callOver);
    });
    const system = exchange.header("content-type")?.startsWith("application/grpc") ? "grpc" : "connectrpc";
    const timeout = { ms: timeoutOf(exchange), abort: (reason: unknown) => gone.abort(reason) };
    const contextValues = contextValuesOf(exchange, { system, timeout, proxies: needs.proxies });
    const response = await handler({
      // Connect refuses streams both ways over HTTP/1.1, as few of its clients can read before they have written. Those
      // that take turns are served well: the version is told only as far as it makes no difference.
      httpVersion: "2.0",
      method: exchange.method,
      // Only the query is read from it; the authority is checked before.
      url: new URL(exchange.target, "http://localhost").href,
      header: exchange.headers(),
      body: methodKind === "unary" || methodKind === "server_streaming" ? wholeBody(exchange) : streamedBody(exchange),
      signal: gone.signal,
      contextValues,
    });

    const header = { ...toWire(response.header), ...cors };
    if (response.body === undefined) {
      exchange.respond(response.status, header, undefined);
      return;
    }
    // They say how the call ended: known once the body is out.
    const trailers = () => (response.trailer === undefined ? undefined : toWire(response.trailer));
    if (methodKind === "unary" || methodKind === "client_streaming") {
      const body = await readAll(response.body);
      const refusal = isReported(contextValues) ? undefined : refusalIn(response, body);
      if (refusal !== undefined) {
        const said = blamingSender(refusal);
        reports.refused(contextValues, handler.method, said);
        const wire = wireOf(exchange.method === "GET" ? contentTypeUnaryJson : exchange.header("content-type"), false);
        if (said !== refusal && wire !== undefined) {
          return wire.refuse(exchange, said, cors, { setHeader: undefined, setTrailer: undefined });
        }
      }
      exchange.respond(response.status, header, body, trailers());
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
    exchange.end(trailers());
  }

  /** A body as it comes. A client that goes away in the middle of it is no fault of ours. */
  async function* streamedBody(exchange: Exchange): AsyncGenerator<Uint8Array> {
    try {
      yield* exchange.body();
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === "ERR_STREAM_PREMATURE_CLOSE" ? clientLeft : error;
    }
  }

  /** A body of one message, read when it is asked for: after the gate. */
  async function* wholeBody(exchange: Exchange): AsyncGenerator<Uint8Array> {
    yield await new Promise<Uint8Array>((resolve, reject) => {
      exchange.readBody(messageBytes + overheadBytes, (error, bytes) => {
        if (error === undefined) resolve(bytes);
        else reject(bodyFailed(error, messageBytes));
      });
    });
  }
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of body) pieces.push(bytes);
  return Buffer.concat(pieces);
}

/** What the caller gives the call, in milliseconds. A time that cannot be read is refused by the handler. */
function timeoutOf(exchange: Exchange): number | undefined {
  const inConnect = exchange.header("connect-timeout-ms");
  if (inConnect !== undefined) return parseConnectTimeout(inConnect, limits.rpc.maxTimeoutMs).timeoutMs;
  return parseGrpcTimeout(exchange.header("grpc-timeout") ?? null, limits.rpc.maxTimeoutMs).timeoutMs;
}
