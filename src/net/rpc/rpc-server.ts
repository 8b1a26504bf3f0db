import type { Interceptor } from "@connectrpc/connect";
import type { Log } from "../../platform/log.ts";
import type { Gate } from "../../rpc/gate.ts";
import type { ServiceRoutes } from "../../rpc/routes.ts";
import type { Exchange } from "../exchange.ts";
import { answerPreflight, corsHeadersFor } from "./cors.ts";
import { createDirectPath } from "./direct-path.ts";
import { directMethods } from "./method-table.ts";
import { createRouterPath } from "./router-path.ts";
import { wireOf } from "./wire.ts";

/** Answers the calls of some services, in gRPC, gRPC-Web and Connect. */
export interface RpcServer {
  /** Takes an exchange if its path is one of a method. False leaves it untouched for others. */
  serve(exchange: Exchange): boolean;
}

export function createRpcServer(needs: {
  services: readonly ServiceRoutes[];
  gate: Gate;
  interceptors: Interceptor[];
  log: Log;
  /** Aborted when the process stops: ends the streams that are open. */
  shutdown: AbortSignal;
}): RpcServer {
  const direct = directMethods(needs.services, needs.interceptors);
  const directPath = createDirectPath(needs);
  const routerPath = createRouterPath(needs);

  return {
    serve(exchange) {
      const { target } = exchange;
      const query = target.indexOf("?");
      const path = query === -1 ? target : target.slice(0, query);
      const handler = routerPath.find(path);
      if (handler === undefined) return false;
      if (answerPreflight(exchange)) return true;

      const corsHeaders = corsHeadersFor(exchange);
      const method = direct.get(path);
      const wire = method === undefined ? undefined : wireOf(exchange.header("content-type"), method.streaming);
      if (
        method === undefined ||
        wire === undefined ||
        exchange.method !== "POST" ||
        isCompressed(exchange, wire.encodingHeader)
      ) {
        routerPath.serve(exchange, handler, corsHeaders);
      } else {
        directPath.serve(exchange, method, wire, corsHeaders);
      }
      return true;
    },
  };
}

function isCompressed(exchange: Exchange, encodingHeader: string): boolean {
  const encoding = exchange.header(encodingHeader);
  return encoding !== undefined && encoding !== "identity";
}
