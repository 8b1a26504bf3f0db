import type { IncomingHttpHeaders } from "node:http";
import { constants, type OutgoingHttpHeaders } from "node:http2";
import type { Exchange, WireHeaders } from "../exchange.ts";

/** In which a gateway says for whom it sends a request, along with the proof that it may: `<token> <address>`. */
export const forwardedHeader = "veza-forwarded";

/** What is about one connection and not about the request (RFC 9110 §7.6.1), or what nobody but a gateway may say. */
const notPassedOn = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "host",
  "expect",
  forwardedHeader,
]);

const { HTTP2_HEADER_TE: te } = constants;

/** The headers of a request as they go to the part that answers it. */
export function requestHeaders(
  exchange: Exchange,
  more: { readonly forwarded: string; readonly requestId: string },
): OutgoingHttpHeaders {
  const given = exchange.rawHeaders;
  const headers: OutgoingHttpHeaders = {
    ":method": exchange.method,
    ":path": exchange.target,
    ":authority": (given[":authority"] as string | undefined) ?? given.host,
  };
  const named = namedByConnection(given);
  for (const name in given) {
    if (name.startsWith(":") || notPassedOn.has(name) || named?.has(name)) continue;
    // HTTP/2 knows no other value of it.
    if (name === te) {
      if (given[te]?.includes("trailers")) headers[te] = "trailers";
      continue;
    }
    headers[name] = given[name];
  }
  headers["x-request-id"] = more.requestId;
  headers[forwardedHeader] = more.forwarded;
  return headers;
}

function namedByConnection({ connection }: IncomingHttpHeaders): Set<string> | undefined {
  if (connection === undefined || connection === "keep-alive" || connection === "close") return undefined;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}

/** The headers or trailers of an answer as they go back. */
export function answerHeaders(given: IncomingHttpHeaders): WireHeaders {
  const headers: Record<string, string | string[]> = {};
  for (const name in given) {
    const value = given[name];
    if (value !== undefined && !name.startsWith(":")) headers[name] = value;
  }
  return headers;
}
