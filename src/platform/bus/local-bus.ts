import type { Log } from "../log.ts";
import type { Bus } from "./bus.ts";

/** A bus inside one process. Delivers before `publish` returns. */
export function createLocalBus(needs: { log: Log }): Bus {
  const subjects = new Map<string, Set<(payload: Uint8Array) => void>>();
  return {
    publish(subject, payload) {
      const listeners = subjects.get(subject);
      if (listeners === undefined) return;
      for (const listener of [...listeners]) {
        try {
          listener(payload);
        } catch (error) {
          needs.log.error({ err: error, subject }, "a bus listener failed");
        }
      }
    },
    subscribe(subject, listener) {
      let listeners = subjects.get(subject);
      if (listeners === undefined) {
        listeners = new Set();
        subjects.set(subject, listeners);
      }
      listeners.add(listener);
      return {
        [Symbol.dispose]() {
          listeners.delete(listener);
          if (listeners.size === 0 && subjects.get(subject) === listeners) subjects.delete(subject);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      subjects.clear();
    },
  };
}
