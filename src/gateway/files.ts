import type { Principal } from "../platform/access/principal.ts";
import type { HttpExchange } from "../platform/http/http-exchange.ts";
import { addressOf, answerPreflight, type Callers, type ExchangeEndpoints, refuseMethod } from "./callers.ts";

/** Files over HTTP, as the part that keeps them serves them. */
export interface FilesHttp {
  upload(exchange: HttpExchange, caller: Principal | undefined): void;
  download(exchange: HttpExchange, caller: Principal | undefined, id: string, form: "original" | "thumbnail"): void;
}

const filePath = /^\/files\/([^/]+)(\/thumbnail)?$/;

/** `/files` and `/files/{id}`, with whoever the token names as the caller. False leaves an exchange for others. */
export function fileEndpoints(needs: { files: FilesHttp; callers: Callers }): ExchangeEndpoints {
  const { files, callers } = needs;
  return (exchange) => {
    if (!exchange.target.startsWith("/files")) return false;
    const { path, query } = addressOf(exchange);
    const { method } = exchange;
    if (path === "/files") {
      if (method === "OPTIONS") answerPreflight(exchange, "POST", "authorization, content-type");
      else if (method !== "POST") refuseMethod(exchange, "POST");
      else callers.serve(exchange, query(), "upload", (caller) => files.upload(exchange, caller));
      return true;
    }
    const [, id, thumbnail] = filePath.exec(path) ?? [];
    if (id === undefined) return false;
    if (method === "OPTIONS") answerPreflight(exchange, "GET, HEAD", "authorization, if-none-match, if-range, range");
    else if (method !== "GET" && method !== "HEAD") refuseMethod(exchange, "GET, HEAD");
    else {
      const form = thumbnail === undefined ? "original" : "thumbnail";
      callers.serve(exchange, query(), "download", (caller) => files.download(exchange, caller, id, form));
    }
    return true;
  };
}
