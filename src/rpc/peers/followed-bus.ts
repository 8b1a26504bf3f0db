import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "@connectrpc/connect";
import type { BusRelayService } from "#gen/veza/internal/v1/bus_relay_service_pb.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";

/**
 * Says on the bus of this process what is said elsewhere on some subjects, for processes that share no NATS. Only whose
 * bus it is may say something on these subjects, or it would go in circles. What is said while the other process cannot
 * be reached is lost: whoever must know reads the store.
 */
export function followBus(needs: {
  client: Client<typeof BusRelayService>;
  subjects: readonly string[];
  bus: Bus;
  log: Log;
}): AsyncDisposable {
  const { client, bus, log } = needs;
  const leaving = new AbortController();
  const { signal } = leaving;

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const { subject, payload, headers } of client.follow(
          { subjects: [...needs.subjects] },
          { signal },
        )) {
          if (subject !== "") bus.publish(subject, payload, headers);
        }
      } catch (error) {
        if (!signal.aborted) log.debug({ err: error }, "the bus of another part is followed anew");
      }
      await pause(limits.bus.refollowMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
  const over = follow();
  return {
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await over;
    },
  };
}
