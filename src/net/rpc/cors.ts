import { cors } from "@connectrpc/connect";
import type { Exchange, WireHeaders } from "../exchange.ts";

const preflightSeconds = 7200;
const allowHeaders = [...cors.allowedHeaders, "authorization", "x-request-id"].join(", ");
const allowMethods = cors.allowedMethods.join(", ");
const exposeHeaders = [...cors.exposedHeaders, "x-request-id"].join(", ");

/**
 * RPCs are open to pages of any origin: a call carries its token in a header that no page can make a browser send on
 * its own, so an origin proves nothing.
 */
const open: WireHeaders = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": exposeHeaders,
};

/** What a response to this request says about other origins. Nothing, when no browser asks. */
export function corsHeadersFor(exchange: Exchange): WireHeaders | undefined {
  return exchange.header("origin") === undefined ? undefined : open;
}

/** Answers a browser's question ahead of a call. True when it was one. */
export function answerPreflight(exchange: Exchange): boolean {
  if (exchange.method !== "OPTIONS") return false;
  exchange.respond(
    204,
    {
      ...open,
      "access-control-allow-methods": allowMethods,
      "access-control-allow-headers": allowHeaders,
      "access-control-max-age": String(preflightSeconds),
    },
    undefined,
  );
  return true;
}
