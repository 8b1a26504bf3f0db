/** Attributes of a series. Values come from the code (methods, codes, qualities), never from users. */
export type Labels = Readonly<Record<string, string>>;

/** Something that only grows. */
export class Counter {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

/** Something that goes up and down. */
export class Gauge {
  value = 0;

  add(amount: number): void {
    this.value += amount;
  }

  set(value: number): void {
    this.value = value;
  }
}

/** How often something took how much: counted by upper bounds, the last of them infinity. */
export class Histogram {
  readonly bounds: readonly number[];
  /** One more than bounds. Not cumulative. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  record(value: number): void {
    const { bounds, counts } = this;
    let at = 0;
    // Most of what is measured is in the first few.
    while (at < bounds.length && value > (bounds[at] as number)) at += 1;
    counts[at] = (counts[at] as number) + 1;
    this.sum += value;
  }

  get count(): number {
    return this.counts.reduce((all, each) => all + each, 0);
  }
}

/** Upper bounds of durations in seconds, as OpenTelemetry's conventions of RPC have them. */
export const secondsBounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** The same for what should take far less: commits, queries, turns of the event loop. */
export const shortSecondsBounds: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];

/** Upper bounds of how many: what shares one commit, one read. */
export const countBounds: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
