import type { HttpExchange } from "../platform/http/http-exchange.ts";
import type { Log } from "../platform/log.ts";
import type { Metrics } from "../platform/telemetry/metrics.ts";
import { prometheusContentType, prometheusText } from "../platform/telemetry/prometheus-text.ts";

/**
 * `/metrics`, on every port: each process is read by itself. False leaves an exchange of another path untouched.
 */
export function metricsEndpoint(needs: { metrics: Metrics; log: Log }): (exchange: HttpExchange) => boolean {
  const { metrics, log } = needs;

  async function answer(exchange: HttpExchange): Promise<void> {
    const text = Buffer.from(prometheusText(await metrics.collect()));
    exchange.respond(200, { "content-type": prometheusContentType, "cache-control": "no-store" }, text);
  }

  return (exchange) => {
    const { method, target } = exchange;
    if (target !== "/metrics" && !target.startsWith("/metrics?")) return false;
    if (method !== "GET") {
      exchange.respond(405, { allow: "GET" }, undefined);
      return true;
    }
    answer(exchange).catch((error: unknown) => {
      log.error({ err: error }, "metrics could not be read");
      exchange.respond(500, {}, undefined);
    });
    return true;
  };
}
