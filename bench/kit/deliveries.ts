/** Keeps count of what reaches a number of subscribers who all get the same messages in the same order. */
export class Deliveries {
  readonly #subscribers: number;
  /** How many subscribers have each message that is on its way. */
  #reached: number[] = [];
  #sentAt: number[] = [];
  #seen: number[];
  #waiting: (() => void) | undefined;
  #complete = 0;
  /** From sending to the last subscriber having it, in milliseconds. */
  latencies: number[] = [];

  constructor(subscribers: number) {
    this.#subscribers = subscribers;
    this.#seen = new Array<number>(subscribers).fill(0);
  }

  sending(): void {
    this.#sentAt.push(performance.now());
    this.#reached.push(0);
  }

  /** A subscriber got the next message. */
  arrived(subscriber: number): void {
    const message = this.#seen[subscriber] as number;
    this.#seen[subscriber] = message + 1;
    const reached = (this.#reached[message] ?? 0) + 1;
    this.#reached[message] = reached;
    if (reached < this.#subscribers) return;
    this.#complete += 1;
    this.latencies.push(performance.now() - (this.#sentAt[message] ?? Number.NaN));
    if (this.#complete === this.#sentAt.length) this.#waiting?.();
  }

  /** Resolves once everybody has everything that was sent. */
  async all(): Promise<void> {
    if (this.#complete === this.#sentAt.length) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(
      () => reject(new Error(`${this.#complete} of ${this.#sentAt.length} arrived in 60 s`)),
      60_000,
    );
    this.#waiting = resolve;
    await promise;
    clearTimeout(late);
    this.#waiting = undefined;
  }
}
