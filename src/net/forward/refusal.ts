import { Failure, Reason } from "../../platform/failure.ts";
import { limits } from "../../platform/limits.ts";
import { failureToStatus } from "../../rpc/errors.ts";
import type { Exchange } from "../exchange.ts";
import { corsHeadersFor } from "../rpc/cors.ts";
import { type Wire, wireOf } from "../rpc/wire.ts";

const nothingSet = { setHeader: undefined, setTrailer: undefined };

/** `isElsewhere`: another process of the part is well. */
function partDown(name: string, isElsewhere: boolean): Failure {
  const { retryAfterMs, retryElsewhereMs } = limits.upstream;
  return new Failure(Reason.UNAVAILABLE, {
    sentence: `${name} cannot be reached right now: try again`,
    metadata: { service: name },
    // Those who were cut together do not come together.
    retryAfterMs: isElsewhere ? Math.round(Math.random() * retryElsewhereMs) : retryAfterMs,
  });
}

/** Tells the caller, in the caller's protocol, that the part that would answer is not there. */
export function refuseCall(exchange: Exchange, wire: Wire | undefined, name: string, isElsewhere: boolean): void {
  // A GET is one of Connect's, whose errors are JSON whatever was asked for.
  const spoken = wire ?? (exchange.method === "GET" ? wireOf("application/json", false) : undefined);
  if (spoken === undefined) refuseRequest(exchange, name);
  else spoken.refuse(exchange, failureToStatus(partDown(name, isElsewhere)), corsHeadersFor(exchange), nothingSet);
}

/** The same for what is no call. */
export function refuseRequest(exchange: Exchange, name: string): void {
  exchange.respond(
    503,
    {
      "content-type": "application/json",
      "retry-after": String(Math.ceil(limits.upstream.retryAfterMs / 1000)),
      "access-control-allow-origin": "*",
    },
    Buffer.from(JSON.stringify({ error: partDown(name, false).message })),
  );
}

/** Ends a stream that was begun, in the caller's protocol: the part is gone, and whoever follows may come again. */
export function endCall(exchange: Exchange, wire: Wire, name: string, isElsewhere: boolean): void {
  wire.endStream(exchange, failureToStatus(partDown(name, isElsewhere)), nothingSet);
}
