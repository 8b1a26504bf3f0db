import { type Allowances, createAllowances } from "../platform/access/allowances.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { TokenVerifier } from "../platform/access/token-verifier.ts";
import type { TrustedProxies } from "../platform/access/trusted-proxies.ts";
import type { Clock } from "../platform/clock.ts";
import type { Config } from "../platform/config.ts";
import { Failure, Reason } from "../platform/failure.ts";
import type { HttpExchange } from "../platform/http/http-exchange.ts";
import { refuse } from "../platform/http/refuse.ts";
import { type Allowance, limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";

/** Serves an exchange if its path is one that it knows. False leaves it untouched for others. */
export type ExchangeEndpoints = (exchange: HttpExchange) => boolean;

/** What one caller may ask for in a time. What is sound has bounds of its own. */
export type AskedFor = "upload" | "download" | "export" | "sound";

/** Finds out who asks, and whether they ask too often. */
export interface Callers {
  /**
   * Calls `serve` with whom the token of the header or of `?token=` names, undefined without a token. A token that does
   * not count is answered here, so is who asks too often, and anything that goes wrong.
   */
  serve(
    exchange: HttpExchange,
    query: URLSearchParams,
    askedFor: AskedFor,
    serve: (caller: Principal | undefined) => void | Promise<void>,
  ): void;
}

const bearer = /^Bearer +(\S+) *$/i;

export function createCallers(needs: {
  verifier: TokenVerifier;
  log: Log;
  clock: Clock;
  proxies: TrustedProxies;
  config: Config;
}): Callers {
  const { verifier, log, clock, proxies, config } = needs;
  const limited = (allowance: Allowance) => (config.rateLimit ? createAllowances({ clock, allowance }) : undefined);
  const allowances: Readonly<Record<AskedFor, Allowances | undefined>> = {
    upload: limited(limits.rates.create),
    download: limited(limits.rates.read),
    export: limited(limits.rates.export),
    sound: undefined,
  };

  function requirePatience(exchange: HttpExchange, askedFor: AskedFor, caller: Principal | undefined): void {
    const forwardedFor = exchange.header("x-forwarded-for");
    const name = caller?.userId ?? proxies.clientAddress(exchange.remoteAddress, forwardedFor);
    const wait = allowances[askedFor]?.take(name) ?? 0;
    if (wait > 0) throw new Failure(Reason.RATE_LIMITED, { retryAfterMs: wait });
  }

  async function callerOf(exchange: HttpExchange, query: URLSearchParams): Promise<Principal | undefined> {
    const token = bearer.exec(exchange.header("authorization") ?? "")?.[1] ?? query.get("token") ?? "";
    return token === "" ? undefined : verifier.verify(token);
  }

  return {
    serve(exchange, query, askedFor, serve) {
      callerOf(exchange, query)
        .then((caller) => {
          requirePatience(exchange, askedFor, caller);
          return serve(caller);
        })
        .catch((error: unknown) => refuse(exchange, error, log));
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
