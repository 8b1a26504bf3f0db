import { limits } from "../../platform/limits.ts";

/** What came over the last seconds, in buckets of one second. `now` is a steady clock in milliseconds. */
export class Meter {
  readonly #now: () => number;
  readonly #buckets = new Map<number, { sum: number; count: number }>();
  #startedAt: number | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  add(value: number, count = 1): void {
    const at = this.#now();
    this.#startedAt ??= at;
    const second = Math.floor(at / 1000);
    const bucket = this.#buckets.get(second);
    if (bucket !== undefined) {
      bucket.sum += value;
      bucket.count += count;
      return;
    }
    this.#buckets.set(second, { sum: value, count });
    this.#forget(at);
  }

  /** The sum a second, over the time that there was something to add in. */
  perSecond(): number {
    const at = this.#now();
    this.#forget(at);
    if (this.#startedAt === undefined || this.#buckets.size === 0) return 0;
    const { sum } = this.#total();
    return (sum * 1000) / Math.max(1000, Math.min(limits.live.metricsMs, at - this.#startedAt));
  }

  /** The mean of what was added; undefined when nothing was. */
  mean(): number | undefined {
    this.#forget(this.#now());
    const { sum, count } = this.#total();
    return count === 0 ? undefined : sum / count;
  }

  #total(): { sum: number; count: number } {
    let sum = 0;
    let count = 0;
    for (const bucket of this.#buckets.values()) {
      sum += bucket.sum;
      count += bucket.count;
    }
    return { sum, count };
  }

  #forget(at: number): void {
    const oldest = Math.floor((at - limits.live.metricsMs) / 1000);
    for (const second of this.#buckets.keys()) {
      if (second > oldest) break;
      this.#buckets.delete(second);
    }
    if (this.#buckets.size === 0) this.#startedAt = undefined;
  }
}
