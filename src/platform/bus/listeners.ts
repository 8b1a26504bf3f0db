import type { Log } from "../log.ts";
import type { BusListener, Delivery } from "./bus.ts";

/** Who listens in this process, by what they listen to. */
export class Listeners {
  readonly #log: Log;
  readonly #byPattern = new Map<string, Set<BusListener>>();
  /** How many of the patterns end in a wildcard: without any, a message is looked up once. */
  #wildcards = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Everything that somebody listens to. */
  get patterns(): Iterable<string> {
    return this.#byPattern.keys();
  }

  has(pattern: string): boolean {
    return this.#byPattern.has(pattern);
  }

  /** `onLast` runs when nobody listens to the pattern any more. */
  add(pattern: string, listener: BusListener, onLast?: () => void): Disposable {
    let group = this.#byPattern.get(pattern);
    if (group === undefined) {
      group = new Set();
      this.#byPattern.set(pattern, group);
      if (pattern.endsWith(">")) this.#wildcards += 1;
    }
    // Who listens twice with the same function hears twice.
    const own: BusListener = (payload, delivery) => listener(payload, delivery);
    group.add(own);
    return {
      [Symbol.dispose]: () => {
        if (!group.delete(own) || group.size > 0 || this.#byPattern.get(pattern) !== group) return;
        this.#byPattern.delete(pattern);
        if (pattern.endsWith(">")) this.#wildcards -= 1;
        onLast?.();
      },
    };
  }

  /** Tells everyone whom the subject concerns. */
  tell(payload: Uint8Array, delivery: Delivery): void {
    const { subject } = delivery;
    this.tellPattern(subject, payload, delivery);
    if (this.#wildcards === 0) return;
    for (let dot = subject.indexOf("."); dot !== -1; dot = subject.indexOf(".", dot + 1)) {
      this.tellPattern(`${subject.slice(0, dot)}.>`, payload, delivery);
    }
  }

  /** Tells those who listen to exactly this pattern. */
  tellPattern(pattern: string, payload: Uint8Array, delivery: Delivery): void {
    const group = this.#byPattern.get(pattern);
    if (group === undefined) return;
    for (const listener of [...group]) {
      try {
        listener(payload, delivery);
      } catch (error) {
        this.#log.error({ err: error, subject: delivery.subject }, "a bus listener failed");
      }
    }
  }

  clear(): void {
    this.#byPattern.clear();
    this.#wildcards = 0;
  }
}
