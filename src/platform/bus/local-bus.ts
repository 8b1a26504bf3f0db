import type { Log } from "../log.ts";
import { Answerers } from "./answerers.ts";
import { type Bus, requirePattern, requireSubject } from "./bus.ts";
import { inTime } from "./in-time.ts";
import { Listeners } from "./listeners.ts";

/** A bus inside one process. There is nothing that could be cut off, so that there is never a gap. */
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
    onGap: () => ({ [Symbol.dispose]: () => undefined }),
    isConnected: true,
    async probe() {},
    async [Symbol.asyncDispose]() {
      listeners.clear();
      answerers.clear();
    },
  };
}
