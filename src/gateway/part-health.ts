import type { HttpExchange } from "../platform/http/http-exchange.ts";
import { limits } from "../platform/limits.ts";
import type { Probe } from "./health.ts";

const json = { "content-type": "application/json", "cache-control": "no-store" };
const ok = Buffer.from('{"status":"ok"}');
const down = Buffer.from('{"status":"down"}');

/**
 * `/health/live` and `/health/ready` of a part's own port, for whoever runs it and for the gateways that send it work.
 * `isServing` is false once the process is about to stop; the probes are of what the part cannot do without.
 */
export function partHealth(needs: { isServing: () => boolean; probes: readonly Probe[] }) {
  const { isServing, probes } = needs;

  let answer: Promise<boolean> | undefined;
  let answeredAt = 0;
  /**
   * Every process asks every other: the store hears of one question, whoever asks in the same moment. That something is
   * wrong is found out each time: it may be over.
   */
  function areWell(): Promise<boolean> {
    if (answer === undefined || performance.now() - answeredAt > limits.upstream.probeSharedMs) {
      answeredAt = Number.POSITIVE_INFINITY;
      answer = Promise.all(probes.map((probe) => probe())).then(
        () => {
          answeredAt = performance.now();
          return true;
        },
        () => {
          answer = undefined;
          return false;
        },
      );
    }
    return answer;
  }
  const isReady = async () => isServing() && (await areWell());

  /** Serves an exchange if its path is one of these. False leaves it untouched for others. */
  return (exchange: HttpExchange): boolean => {
    const { target, method } = exchange;
    const isLive = target === "/health/live";
    if ((!isLive && target !== "/health/ready") || (method !== "GET" && method !== "HEAD")) return false;
    if (isLive) exchange.respond(200, json, ok);
    else void isReady().then((ready) => exchange.respond(ready ? 200 : 503, json, ready ? ok : down));
    return true;
  };
}
