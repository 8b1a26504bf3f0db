import { BusRelayService } from "#gen/veza/internal/v1/bus_relay_service_pb.ts";
import type { Bus, BusHeaders } from "../../platform/bus/bus.ts";
import { Failure, Reason } from "../../platform/failure.ts";
import { limits } from "../../platform/limits.ts";
import { routes, type ServiceRoutes } from "../routes.ts";

/** The bus of this process, for those that share no NATS with it. Who is too slow to follow is cut off, and follows anew. */
export function serveBusRelay(bus: Bus): ServiceRoutes {
  return routes(BusRelayService, {
    async *follow({ subjects }, { signal }) {
      let waiting: { subject: string; payload: Uint8Array; headers: Record<string, string> }[] = [];
      let isTooSlow = false;
      let wake: () => void = () => undefined;
      using subscriptions = new DisposableStack();
      for (const pattern of new Set(subjects)) {
        subscriptions.use(
          bus.subscribe(pattern, (payload, { subject, headers }) => {
            isTooSlow ||= waiting.length >= limits.bus.relayWaiting;
            if (!isTooSlow) waiting.push({ subject, payload: payload.slice(), headers: { ...headers } });
            wake();
          }),
        );
      }
      signal.addEventListener("abort", () => wake());
      yield { subject: "" };
      while (!signal.aborted) {
        if (isTooSlow) throw new Failure(Reason.UNAVAILABLE, { retryAfterMs: 0 });
        const taken = waiting;
        waiting = [];
        yield* taken;
        if (waiting.length > 0 || isTooSlow || signal.aborted) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    publish({ subject, payload, headers }) {
      bus.publish(subject, payload, headersFrom(headers));
      return {};
    },
  });
}

/** What came along; undefined when that was nothing. */
export function headersFrom(headers: BusHeaders): BusHeaders | undefined {
  return Object.keys(headers).length === 0 ? undefined : headers;
}
