import type { Log } from "../log.ts";
import { Answerers } from "./answerers.ts";
import { type Bus, gapSubject, requirePattern, requireSubject } from "./bus.ts";
import { inTime } from "./in-time.ts";
import { Listeners } from "./listeners.ts";

/** A bus inside one process. Nothing in it is ever missed: a gap is told by whoever joins it with another bus. */
export function createLocalBus(needs: { log: Log }): Bus {
  const listeners = new Listeners(needs.log);
  const answerers = new Answerers(needs.log);
  return {
    publish(subject, payload, headers) {
      requireSubject(subject);
      listeners.tell(payload, { subject, headers });
    },
    subscribe(pattern, listener) {
      requirePattern(pattern);
      return listeners.add(pattern, listener);
    },
    async listening() {},
    async request(subject, payload, options) {
      requireSubject(subject);
      return inTime(options, (signal) => answerers.ask({ subject, payload, headers: options.headers, signal }));
    },
    answer(subject, answerer) {
      requireSubject(subject);
      return answerers.add(subject, answerer);
    },
    onGap: (listener) => listeners.add(gapSubject, () => listener()),
    isConnected: true,
    async probe() {},
    async [Symbol.asyncDispose]() {
      listeners.clear();
      answerers.clear();
    },
  };
}
