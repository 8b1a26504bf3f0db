import type { Child } from "./child.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Contender } from "./rounds.ts";

/** A server whose subscribers are connected. */
export interface FanOut {
  readonly name: string;
  readonly child: Child;
  readonly subscribers: number;
  readonly deliveries: Deliveries;
  /** Sends so many messages to all of them, at once. */
  publish(count: number): void;
}

/** Ten messages a second: CPU of the server for each delivery, and how long until the last subscriber has a message. */
export function steadily({ name, child, subscribers, deliveries, publish }: FanOut): Contender {
  return {
    name,
    async round(ms) {
      const messages = Math.max(1, Math.round(ms / 100));
      const before = await child.cpu();
      const own = process.cpuUsage();
      const startedAt = performance.now();
      for (let i = 0; i < messages; i += 1) {
        deliveries.sending();
        publish(1);
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, startedAt + (i + 1) * 100 - performance.now())));
      }
      await deliveries.all();
      const cpu = (await child.cpu()) - before;
      const { user, system } = process.cpuUsage(own);
      const took = performance.now() - startedAt;
      return { cpuPerDelivery: cpu / (messages * subscribers), loadBusy: (user + system) / (took * 1000) };
    },
    warm() {
      deliveries.latencies = [];
    },
  };
}

/** So many messages at once: time until everybody has all of them. */
export function inBursts({ name, child, subscribers, deliveries, publish }: FanOut, messages: number): Contender {
  return {
    name,
    async round() {
      const before = await child.cpu();
      const startedAt = performance.now();
      for (let i = 0; i < messages; i += 1) deliveries.sending();
      publish(messages);
      await deliveries.all();
      const ms = performance.now() - startedAt;
      return { burstMs: ms, burstCpu: ((await child.cpu()) - before) / (messages * subscribers) };
    },
  };
}
