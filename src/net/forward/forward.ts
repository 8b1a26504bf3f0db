import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { ClusterCredential } from "../../platform/access/cluster-credential.ts";
import type { Log } from "../../platform/log.ts";
import { readTraceContext, traceparent } from "../../platform/telemetry/trace-context.ts";
import type { Tracing } from "../../platform/telemetry/tracing.ts";
import { requestIdFrom } from "../../rpc/request-id.ts";
import type { Exchange } from "../exchange.ts";
import { answerPreflight } from "../rpc/cors.ts";
import { wireOf } from "../rpc/wire.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { requestHeaders } from "./headers.ts";
import { Passage, type PassageEnd } from "./passage.ts";

/** What is served by a part elsewhere. */
export interface ForwardRoute {
  readonly upstream: Upstream;
  readonly services: readonly DescService[];
  /** Beginnings of paths that are no calls; one that ends without a slash is the whole path. */
  readonly paths: readonly string[];
}

/** What became of a request that was passed on. */
export interface Forwarded {
  readonly upstream: string;
  /** The path of a call or the first part of another's: nothing of a request's own. */
  readonly target: string;
  readonly end: PassageEnd;
  /** To how many instances it was sent. */
  readonly tries: number;
  readonly durationMs: number;
  readonly requestId: string;
}

/** Passes requests on to parts elsewhere. */
export interface Forwarder {
  /** Takes an exchange if it is for one of them. False leaves it untouched for others. */
  serve(exchange: Exchange): boolean;
}

const listen = "/listen/";

export function createForwarder(needs: {
  routes: readonly ForwardRoute[];
  cluster: ClusterCredential;
  log: Log;
  tracing?: Tracing | undefined;
  /** Aborted when the process stops: ends the streams that pass through. */
  shutdown: AbortSignal;
  onEnd?: (forwarded: Forwarded) => void;
}): Forwarder {
  const { routes, cluster, log, tracing, shutdown } = needs;
  const underWay = new Set<Passage>();
  shutdown.addEventListener("abort", () => {
    for (const passage of [...underWay]) passage.leave();
  });
  const calls = new Map<string, { upstream: Upstream; method: DescMethod }>();
  for (const { upstream, services } of routes) {
    for (const service of services) {
      for (const method of service.methods) calls.set(`/${service.typeName}/${method.name}`, { upstream, method });
    }
  }
  const paths = routes.flatMap(({ upstream, paths }) => paths.map((path) => ({ path, upstream })));

  function pass(exchange: Exchange, upstream: Upstream, method: DescMethod | undefined, target: string): void {
    const startedAt = performance.now();
    const requestId = requestIdFrom(exchange.header("x-request-id"));
    const wire =
      method === undefined || exchange.method !== "POST"
        ? undefined
        : wireOf(exchange.header("content-type"), method.methodKind !== "unary");
    const compression = wire === undefined ? undefined : exchange.header(wire.encodingHeader);
    const isOneMessage = method?.methodKind === "unary" || method?.methodKind === "server_streaming";
    const headers = requestHeaders(exchange, {
      forwarded: `${cluster.token()} ${exchange.remoteAddress}`,
      requestId,
    });
    const span = tracing?.start({
      name: `forward ${target.slice(1)}`,
      kind: "client",
      parent: readTraceContext(exchange.header("traceparent"), exchange.header("tracestate")),
      attributes: { "veza.upstream": upstream.name, "http.request.method": exchange.method },
    });
    if (span !== undefined) headers.traceparent = traceparent(span.context);
    const passage = new Passage(
      exchange,
      upstream,
      { method, wire, compression, isOneMessage, isEndless: target === listen },
      headers,
      (end, tries) => {
        underWay.delete(passage);
        const durationMs = performance.now() - startedAt;
        span?.set("veza.tries", tries);
        span?.end(end === "answered" || end === "left" ? undefined : end);
        needs.onEnd?.({ upstream: upstream.name, target, end, tries, durationMs, requestId });
        if (end !== "down" && !log.isLevelEnabled("debug")) return;
        const line = {
          trace_id: span?.context.traceId,
          request_id: requestId,
          upstream: upstream.name,
          target,
          end,
          tries,
          ms: Math.round(durationMs),
        };
        log[end === "down" ? "warn" : "debug"](line, "forwarded");
      },
    );
    underWay.add(passage);
    passage.start();
    if (shutdown.aborted) passage.leave();
  }

  return {
    serve(exchange) {
      const { target } = exchange;
      const query = target.indexOf("?");
      const path = query === -1 ? target : target.slice(0, query);
      const call = calls.get(path);
      if (call !== undefined) {
        if (!answerPreflight(exchange)) pass(exchange, call.upstream, call.method, path);
        return true;
      }
      for (const { path: begin, upstream } of paths) {
        if (path !== begin && !(begin.endsWith("/") && path.startsWith(begin))) continue;
        pass(exchange, upstream, undefined, begin);
        return true;
      }
      return false;
    },
  };
}
