import type { Principal } from "../platform/access/principal.ts";
import type { HttpExchange } from "../platform/http/http-exchange.ts";
import { addressOf, answerPreflight, type Callers, type ExchangeEndpoints, refuseMethod } from "./callers.ts";

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

const listenPath = /^\/listen\/([^/]+)\.(mp3|ogg|webm)$/;
const recordingPath = /^\/recordings\/([^/]+)$/;
const askedHeaders = "authorization, icy-metadata, if-range, range";

/** `/live/…`, `/admin/metadata`, `/listen/…` and `/recordings/…`, with whoever the token names as the caller. */
export function audioEndpoints(needs: { audio: AudioHttp; callers: Callers }): ExchangeEndpoints {
  const { audio, callers } = needs;

  function forCaller(
    exchange: HttpExchange,
    query: URLSearchParams,
    serve: (caller: Principal | undefined) => void,
  ): void {
    if (exchange.method === "OPTIONS") return answerPreflight(exchange, "GET, HEAD", askedHeaders);
    if (exchange.method !== "GET" && exchange.method !== "HEAD") return refuseMethod(exchange, "GET, HEAD");
    callers.serve(exchange, query, "sound", serve);
  }

  return (exchange) => {
    const { method } = exchange;
    const { path, query } = addressOf(exchange);

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
