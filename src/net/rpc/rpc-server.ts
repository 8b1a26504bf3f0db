import type { TrustedProxies } from "../../platform/access/trusted-proxies.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import type { CallReports } from "../../rpc/call-reports.ts";
import type { Chain } from "../../rpc/chain.ts";
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

export interface RpcServerNeeds {
  readonly services: readonly ServiceRoutes[];
  readonly gate: Gate;
  readonly chain: Chain;
  readonly log: Log;
  readonly reports: CallReports;
  /** Aborted when the process stops: ends the streams that are open. */
  readonly shutdown: AbortSignal;
  readonly proxies: TrustedProxies;
  /** What a request message may have, uncompressed. */
  readonly messageBytes?: number;
}

export function createRpcServer(needs: RpcServerNeeds): RpcServer {
  const bounded = { ...needs, messageBytes: needs.messageBytes ?? limits.rpc.messageBytes };
  const direct = directMethods(needs.services);
  const directPath = createDirectPath(bounded);
  const routerPath = createRouterPath(bounded);

  return {
    serve(exchange) {
      const { target } = exchange;
      const query = target.indexOf("?");
      const path = query === -1 ? target : target.slice(0, query);
      const handler = routerPath.find(path);
      if (handler === undefined) return false;
      if (answerPreflight(exchange)) return true;

      const cors = corsHeadersFor(exchange);
      const method = direct.get(path);
      const wire = method === undefined ? undefined : wireOf(exchange.header("content-type"), method.streaming);
      if (
        method === undefined ||
        wire === undefined ||
        exchange.method !== "POST" ||
        isCompressed(exchange, wire.encodingHeader)
      ) {
        routerPath.serve(exchange, handler, cors);
      } else {
        directPath.serve(exchange, method, wire, cors);
      }
      return true;
    },
  };
}

function isCompressed(exchange: Exchange, encodingHeader: string): boolean {
  const encoding = exchange.header(encodingHeader);
  return encoding !== undefined && encoding !== "identity";
}
