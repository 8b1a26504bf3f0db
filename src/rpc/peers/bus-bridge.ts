import type { Client } from "@connectrpc/connect";
import type { BusRelayService } from "#gen/veza/internal/v1/bus_relay_service_pb.ts";
import { type Bus, type BusHeaders, gapSubject } from "../../platform/bus/bus.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import { headersFrom } from "./bus-relay.ts";

interface Said {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: BusHeaders | undefined;
}

const nothing = new Uint8Array();

/**
 * Joins the bus of this process with that of another, where one process of each part runs without NATS: what others say
 * there is heard here, and what is said here is told there, in its order. Comes back for ever when it is cut off; both
 * sides then hear of a gap.
 */
export function bridgeBus(needs: {
  bus: Bus;
  client: Pick<Client<typeof BusRelayService>, "follow" | "publish">;
  /** What is said elsewhere. Nothing in it may be in `says`: it would go round. */
  hears: readonly string[];
  says: readonly string[];
  log: Log;
}): AsyncDisposable {
  const { bus, client, hears, says, log } = needs;
  const stop = new AbortController();
  const { signal } = stop;
  let isOpen = false;
  /** Something was said here that the other side does not know. */
  let hasDropped = false;
  let waiting: Said[] = [];
  let telling: Promise<void> | undefined;

  function tell(said: Said): void {
    if (!isOpen || waiting.length >= limits.bus.relayWaiting) hasDropped = true;
    else waiting.push(said);
    if (isOpen) telling ??= tellWaiting();
  }

  async function tellWaiting(): Promise<void> {
    try {
      for (let said = waiting.shift(); said !== undefined; said = waiting.shift()) await send(said);
      if (!hasDropped) return;
      hasDropped = false;
      await send({ subject: gapSubject, payload: nothing, headers: undefined });
    } catch (error) {
      hasDropped = true;
      waiting = [];
      if (!signal.aborted)
        log.warn({ err: error }, "the bus of the part with auth takes nothing: it hears of it later");
    } finally {
      telling = undefined;
    }
  }

  async function send({ subject, payload, headers }: Said): Promise<void> {
    await client.publish({ subject, payload, ...(headers && { headers }) }, { signal });
  }

  async function follow(): Promise<void> {
    const subjects = [...hears, gapSubject];
    for await (const { subject, payload, headers } of client.follow({ subjects }, { signal })) {
      if (subject !== "") {
        bus.publish(subject, payload, headersFrom(headers));
        continue;
      }
      // The first one: from now on nothing is missed, but before it something may have been.
      isOpen = true;
      bus.publish(gapSubject, nothing);
      if (hasDropped) telling ??= tellWaiting();
    }
  }

  async function followForEver(): Promise<void> {
    while (!signal.aborted) {
      try {
        await follow();
      } catch (error) {
        if (isOpen && !signal.aborted)
          log.warn({ err: error }, "the bus of the part with auth is cut off: trying to come back");
      }
      isOpen = false;
      await new Promise((resolve) => setTimeout(resolve, limits.bus.reconnectMs * (0.5 + Math.random())).unref());
    }
  }

  const listening = says.map((pattern) =>
    bus.subscribe(pattern, (payload, { subject, headers }) => tell({ subject, payload: payload.slice(), headers })),
  );
  void followForEver();
  return {
    async [Symbol.asyncDispose]() {
      for (const each of listening) each[Symbol.dispose]();
      // What was said last is heard, if somebody takes it in time.
      await Promise.race([telling, new Promise((resolve) => setTimeout(resolve, limits.bus.probeMs).unref())]);
      stop.abort();
    },
  };
}
