import type { Log } from "../log.ts";

/**
 * Who wants to know that messages may have been missed. The first gap is told at once; others that follow within
 * `settleMs` are told together at its end: when NATS comes back, every process says that it has missed something.
 */
export class Gaps {
  readonly #log: Log;
  readonly #settleMs: number;
  readonly #listeners = new Set<() => void>();
  #settling: NodeJS.Timeout | undefined;
  #again = false;

  constructor(log: Log, settleMs: number) {
    this.#log = log;
    this.#settleMs = settleMs;
  }

  listen(listener: () => void): Disposable {
    const own = (): void => listener();
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  tell(): void {
    if (this.#settling !== undefined) {
      this.#again = true;
      return;
    }
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.tell();
    }, this.#settleMs).unref();
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        this.#log.error({ err: error }, "a listener to gaps of the bus failed");
      }
    }
  }

  clear(): void {
    clearTimeout(this.#settling);
    this.#listeners.clear();
  }
}
