import type { Log } from "../log.ts";
import { answerOf, internalError } from "./answers.ts";
import type { HttpExchange } from "./http-exchange.ts";

/**
 * Answers what went wrong, as JSON: an expected failure in its own words, anything else as an internal error, whose cause
 * only the log says. An exchange that is over is left alone.
 */
export function refuse(exchange: HttpExchange, error: unknown, log: Log): void {
  if (exchange.closed) return;
  const answer = answerOf(error);
  if (answer === undefined) log.error({ err: error, path: exchange.target.split("?", 1)[0] }, "http request failed");
  const { status, headers, sentence, reason } = answer ?? internalError;
  exchange.respond(
    status,
    {
      "content-type": "application/json",
      "cache-control": "no-store",
      // The token is in a header or in the address, so an origin proves nothing.
      "access-control-allow-origin": "*",
      ...headers,
    },
    Buffer.from(JSON.stringify({ error: sentence, reason })),
  );
}
