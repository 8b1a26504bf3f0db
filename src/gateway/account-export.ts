import type { Principal } from "../platform/access/principal.ts";
import { Failure, Reason } from "../platform/failure.ts";
import type { HttpExchange } from "../platform/http/http-exchange.ts";
import { refuse } from "../platform/http/refuse.ts";
import { writeAll } from "../platform/http/send-file.ts";
import type { UserId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { AccountExporter, ExportPage } from "../platform/peers/account-export.ts";
import { addressOf, answerPreflight, type Callers, type ExchangeEndpoints, refuseMethod } from "./callers.ts";

const cors = { "access-control-allow-origin": "*", "access-control-expose-headers": "content-disposition" } as const;

/**
 * `GET /account/export`: all that the services keep of the caller, as one JSON object with a list for each kind of data.
 * It is read and sent a page at a time. What fails on the way cuts it off, so that nobody takes a part for the whole.
 */
export function accountExportEndpoint(needs: {
  exporters: readonly AccountExporter[];
  callers: Callers;
  log: Log;
}): ExchangeEndpoints {
  const { exporters, callers, log } = needs;
  /** One at a time for each person: it reads everything. */
  const underWay = new Set<UserId>();

  async function* pagesOf(userId: UserId): AsyncIterable<ExportPage> {
    for (const exporter of exporters) {
      let cursor = "";
      do {
        const page = await exporter(userId, cursor);
        yield page;
        cursor = page.next;
      } while (cursor !== "");
    }
  }

  async function send(exchange: HttpExchange, caller: Principal | undefined): Promise<void> {
    if (caller === undefined) throw new Failure(Reason.UNAUTHENTICATED);
    const { userId } = caller;
    if (underWay.has(userId)) throw new Failure(Reason.RATE_LIMITED, { retryAfterMs: 5000 });
    underWay.add(userId);
    try {
      const pages = pagesOf(userId)[Symbol.asyncIterator]();
      // What fails at once is answered as a failure.
      const first = await pages.next();
      exchange.begin(
        200,
        {
          "content-type": "application/json",
          "content-disposition": 'attachment; filename="veza-account.json"',
          "cache-control": "no-store",
          "x-content-type-options": "nosniff",
          ...cors,
        },
        false,
      );
      await writeAll(textOf(first, pages), exchange);
      exchange.end();
    } finally {
      underWay.delete(userId);
    }
  }

  return (exchange) => {
    const { path, query } = addressOf(exchange);
    if (path !== "/account/export") return false;
    if (exchange.method === "OPTIONS") answerPreflight(exchange, "GET", "authorization");
    else if (exchange.method !== "GET") refuseMethod(exchange, "GET");
    else
      callers.serve(exchange, query(), "export", (caller) =>
        send(exchange, caller).catch((error) => refuse(exchange, error, log)),
      );
    return true;
  };
}

/** One JSON object of pages: those of one section become one list. */
async function* textOf(first: IteratorResult<ExportPage>, rest: AsyncIterator<ExportPage>): AsyncIterable<Uint8Array> {
  let section: string | undefined;
  let isEmpty = true;
  for (let page = first; page.done !== true; page = await rest.next()) {
    const { section: name, values } = page.value;
    let text = "";
    if (name !== section) {
      text += `${section === undefined ? "{" : "\n],"}\n${JSON.stringify(name)}: [`;
      isEmpty = true;
    }
    for (const value of values) {
      text += `${isEmpty ? "" : ","}\n${JSON.stringify(value)}`;
      isEmpty = false;
    }
    section = name;
    if (text !== "") yield Buffer.from(text);
  }
  yield Buffer.from(section === undefined ? "{}\n" : "\n]\n}\n");
}
