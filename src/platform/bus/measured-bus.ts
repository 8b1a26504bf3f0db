import type { Counter } from "../telemetry/instruments.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Bus } from "./bus.ts";
import { kindOf } from "./subject-kind.ts";

/** The same bus, with what goes over it counted. */
export function measuredBus(bus: Bus, metrics: Metrics): Bus {
  const counts = { published: new Map<string, Counter>(), received: new Map<string, Counter>() };
  const gaps = metrics.counter({
    name: "veza.bus.gaps",
    unit: "{gap}",
    help: "Times when messages may have been missed, and followers read on from the store.",
  });
  bus.onGap(() => gaps.add());
  metrics.observe(
    "gauge",
    { name: "veza.bus.connected", unit: "{connection}", help: "1 while other processes can be reached." },
    () => (bus.isConnected ? 1 : 0),
  );

  function count(direction: keyof typeof counts, subject: string): void {
    const kind = kindOf(subject);
    let counter = counts[direction].get(kind);
    if (counter === undefined) {
      counter = metrics.counter(
        { name: `veza.bus.${direction}`, unit: "{message}", help: `Messages ${direction} here, by kind of subject.` },
        { subject: kind },
      );
      counts[direction].set(kind, counter);
    }
    counter.value += 1;
  }

  return {
    publish(subject, payload, headers) {
      count("published", subject);
      bus.publish(subject, payload, headers);
    },
    subscribe: (subject, listener) =>
      bus.subscribe(subject, (payload, delivery) => {
        count("received", delivery.subject);
        listener(payload, delivery);
      }),
    request: (subject, payload, options) => bus.request(subject, payload, options),
    answer: (subject, answerer) => bus.answer(subject, answerer),
    onGap: (listener) => bus.onGap(listener),
    listening: () => bus.listening(),
    get isConnected() {
      return bus.isConnected;
    },
    probe: () => bus.probe(),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}
