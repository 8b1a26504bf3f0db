/** What one round of load came to. */
export interface LoadResult {
  readonly calls: number;
  readonly ms: number;
  /** Milliseconds of each call, when asked for. */
  readonly latencies: readonly number[];
}

/** Calls one server over and over, always so many at a time. Connections stay open between rounds. */
export interface Load {
  run(ms: number): Promise<LoadResult>;
  close(): void;
}

/** What a load's connections share: how long to go on, and what was done. */
export class Tally {
  #until = 0;
  #startedAt = 0;
  #calls = 0;
  #open = 0;
  #latencies: number[] = [];
  #done = Promise.withResolvers<LoadResult>();
  readonly #timed: boolean;

  constructor(timed: boolean) {
    this.#timed = timed;
  }

  begin(ms: number): Promise<LoadResult> {
    this.#startedAt = performance.now();
    this.#until = this.#startedAt + ms;
    this.#calls = 0;
    this.#latencies = [];
    this.#done = Promise.withResolvers();
    return this.#done.promise;
  }

  sent(): void {
    this.#open += 1;
  }

  /** A call is over. True when another is to follow. */
  done(sentAt: number): boolean {
    this.#open -= 1;
    this.#calls += 1;
    const now = performance.now();
    if (this.#timed) this.#latencies.push(now - sentAt);
    if (now < this.#until) return true;
    if (this.#open === 0)
      this.#done.resolve({ calls: this.#calls, ms: now - this.#startedAt, latencies: this.#latencies });
    return false;
  }

  fail(error: unknown): void {
    this.#done.reject(error);
  }
}
