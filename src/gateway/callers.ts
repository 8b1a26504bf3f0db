import type { Principal } from "../platform/access/principal.ts";
import type { TokenVerifier } from "../platform/access/token-verifier.ts";
import { Failure, Reason } from "../platform/failure.ts";
import type { HttpExchange } from "../platform/http/http-exchange.ts";
import type { Log } from "../platform/log.ts";

/** Serves an exchange if its path is one that it knows. False leaves it untouched for others. */
export type ExchangeEndpoints = (exchange: HttpExchange) => boolean;

/** Finds out who asks. */
export interface Callers {
  /**
   * Calls `serve` with whom the token of the header or of `?token=` names, undefined without a token. A token that does
   * not count is answered here, and anything that goes wrong.
   */
  serve(
    exchange: HttpExchange,
    query: URLSearchParams,
    serve: (caller: Principal | undefined) => void | Promise<void>,
  ): void;
}

const bearer = /^Bearer +(\S+) *$/i;

export function createCallers({ verifier, log }: { verifier: TokenVerifier; log: Log }): Callers {
  async function callerOf(exchange: HttpExchange, query: URLSearchParams): Promise<Principal | undefined> {
    const token = bearer.exec(exchange.header("authorization") ?? "")?.[1] ?? query.get("token") ?? "";
    return token === "" ? undefined : verifier.verify(token);
  }

  return {
    serve(exchange, query, serve) {
      callerOf(exchange, query)
        .then(serve)
        .catch((error: unknown) => {
          const isExpected = error instanceof Failure;
          if (!isExpected) log.error({ err: error, path: exchange.target.split("?", 1)[0] }, "http request failed");
          exchange.respond(
            isExpected ? (error.reason === Reason.UNAVAILABLE ? 503 : 401) : 500,
            { "content-type": "application/json", "access-control-allow-origin": "*" },
            Buffer.from(JSON.stringify({ error: isExpected ? error.message : "internal error" })),
          );
        });
    },
  };
}

/** The path of a request, and what is asked of it. */
export function addressOf({ target }: HttpExchange): { path: string; query: () => URLSearchParams } {
  const at = target.indexOf("?");
  const path = at === -1 ? target : target.slice(0, at);
  return { path, query: () => new URLSearchParams(at === -1 ? "" : target.slice(at + 1)) };
}

/** Answers a browser's question ahead of a request from a page of another origin. */
export function answerPreflight(exchange: HttpExchange, methods: string, headers: string): void {
  exchange.respond(
    204,
    {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": methods,
      "access-control-allow-headers": headers,
      "access-control-max-age": "7200",
    },
    undefined,
  );
}

export function refuseMethod(exchange: HttpExchange, allow: string): void {
  exchange.respond(
    405,
    { "content-type": "application/json", allow },
    Buffer.from('{"error": "not with this method"}'),
  );
}
