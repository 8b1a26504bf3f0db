import type { Principal } from "../platform/access/principal.ts";
import type { TokenVerifier } from "../platform/access/token-verifier.ts";
import { Failure } from "../platform/failure.ts";
import type { HttpExchange } from "../platform/http/http-exchange.ts";
import type { Log } from "../platform/log.ts";

/** Sound over HTTP, as the part that holds it serves it. */
export interface AudioHttp {
  /** A source that sends to `/live/{stream_id}` with a length or chunks. */
  source(exchange: HttpExchange): void;
  /** A source that says what is playing. */
  metadata(exchange: HttpExchange): void;
  listen(
    exchange: HttpExchange,
    caller: Principal | undefined,
    request: { streamId: string; form: "mp3" | "ogg" | "webm"; quality: string | undefined },
  ): void;
  recording(exchange: HttpExchange, caller: Principal | undefined, recordingId: string): void;
}

/** Serves an exchange if its path is one of sound. False leaves it untouched for others. */
export type AudioEndpoints = (exchange: HttpExchange) => boolean;

const listenPath = /^\/listen\/([^/]+)\.(mp3|ogg|webm)$/;
const recordingPath = /^\/recordings\/([^/]+)$/;
const bearer = /^Bearer +(\S+) *$/i;

/** `/live/…`, `/admin/metadata`, `/listen/…` and `/recordings/…`, with whoever the token names as the caller. */
export function audioEndpoints(needs: { audio: AudioHttp; verifier: TokenVerifier; log: Log }): AudioEndpoints {
  const { audio, verifier, log } = needs;

  /** Whom the token of the header or of `?token=` names; undefined without one. */
  async function callerOf(exchange: HttpExchange, query: URLSearchParams): Promise<Principal | undefined> {
    const token = bearer.exec(exchange.header("authorization") ?? "")?.[1] ?? query.get("token") ?? "";
    return token === "" ? undefined : verifier.verify(token);
  }

  function forCaller(
    exchange: HttpExchange,
    query: URLSearchParams,
    serve: (caller: Principal | undefined) => void,
  ): void {
    if (exchange.method === "OPTIONS") return exchange.respond(204, preflight, undefined);
    if (exchange.method !== "GET" && exchange.method !== "HEAD") return refuseMethod(exchange, "GET, HEAD");
    callerOf(exchange, query)
      .then(serve)
      .catch((error: unknown) => {
        const isExpected = error instanceof Failure;
        if (!isExpected) log.error({ err: error, path: exchange.target.split("?", 1)[0] }, "http request failed");
        exchange.respond(
          isExpected ? 401 : 500,
          { "content-type": "application/json", "access-control-allow-origin": "*" },
          Buffer.from(JSON.stringify({ error: isExpected ? error.message : "internal error" })),
        );
      });
  }

  return (exchange) => {
    const { target, method } = exchange;
    const at = target.indexOf("?");
    const path = at === -1 ? target : target.slice(0, at);
    const query = () => new URLSearchParams(at === -1 ? "" : target.slice(at + 1));

    const listened = listenPath.exec(path);
    if (listened !== null) {
      const [, streamId = "", form = ""] = listened;
      const asked = query();
      const quality = asked.get("quality") ?? undefined;
      forCaller(exchange, asked, (caller) =>
        audio.listen(exchange, caller, { streamId, form: form as "mp3" | "ogg" | "webm", quality }),
      );
      return true;
    }
    const recorded = recordingPath.exec(path);
    if (recorded !== null) {
      forCaller(exchange, query(), (caller) => audio.recording(exchange, caller, recorded[1] as string));
      return true;
    }
    if (path === "/admin/metadata") {
      if (method === "GET" || method === "POST") audio.metadata(exchange);
      else refuseMethod(exchange, "GET");
      return true;
    }
    if (path.startsWith("/live/")) {
      if (method === "PUT" || method === "POST") audio.source(exchange);
      else refuseMethod(exchange, "PUT, SOURCE");
      return true;
    }
    return false;
  };
}

const preflight = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, HEAD",
  "access-control-allow-headers": "authorization, icy-metadata, if-range, range",
  "access-control-max-age": "7200",
} as const;

function refuseMethod(exchange: HttpExchange, allow: string): void {
  exchange.respond(
    405,
    { "content-type": "application/json", allow },
    Buffer.from('{"error": "not with this method"}'),
  );
}
