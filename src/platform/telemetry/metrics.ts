import { limits } from "../limits.ts";
import { Counter, Gauge, Histogram, type Labels, secondsBounds } from "./instruments.ts";

/** What is measured, in OpenTelemetry's words: a dotted name, a UCUM unit, a sentence. */
export interface Description {
  readonly name: string;
  /** `s`, `By`, `1` for a ratio, `{message}` for what is counted. */
  readonly unit: string;
  readonly help: string;
}

/** One series at the moment it was read. */
export type Point =
  | { readonly labels: Labels; readonly value: number }
  | {
      readonly labels: Labels;
      readonly bounds: readonly number[];
      readonly counts: readonly number[];
      readonly sum: number;
    };

/** A metric at the moment it was read. */
export interface Family extends Description {
  readonly kind: Kind;
  readonly points: readonly Point[];
}

type Kind = "counter" | "gauge" | "histogram";

/** A value, or a value for each set of labels. */
export type Reading = number | Iterable<readonly [Labels, number]>;

/**
 * What a process tells of itself. Asking for a series costs a look into a map: who counts often asks once and keeps it.
 * Series that are counted are numbers in objects; what is known anyway is read when somebody looks.
 */
export interface Metrics {
  counter(description: Description, labels?: Labels): Counter;
  gauge(description: Description, labels?: Labels): Gauge;
  histogram(description: Description, options?: { bounds?: readonly number[]; labels?: Labels }): Histogram;
  /** A value that is asked for at every reading. Several that name the same metric are added up, label by label. */
  observe(kind: "counter" | "gauge", description: Description, read: () => Reading): void;
  /** Work ahead of every reading, for what can only be known by waiting. Must not throw. */
  prepare(work: () => Promise<void>): void;
  /** Everything, as it is now. */
  collect(): Promise<Family[]>;
}

interface Entry {
  readonly description: Description;
  readonly kind: Kind;
  readonly series: Map<string, { labels: Labels; instrument: Counter | Gauge | Histogram }>;
  readonly readers: (() => Reading)[];
}

const none: Labels = {};
/** Where what is beyond the bound of series goes, as OpenTelemetry names it. */
const overflow: Labels = { "otel.metric.overflow": "true" };

export function createMetrics(): Metrics {
  const entries = new Map<string, Entry>();
  const preparations: (() => Promise<void>)[] = [];

  function entryOf(kind: Kind, description: Description): Entry {
    let entry = entries.get(description.name);
    if (entry === undefined) {
      entry = { description, kind, series: new Map(), readers: [] };
      entries.set(description.name, entry);
    }
    if (entry.kind !== kind) throw new Error(`${description.name} is a ${entry.kind}, not a ${kind}`);
    return entry;
  }

  function seriesOf<Instrument extends Counter | Gauge | Histogram>(
    entry: Entry,
    given: Labels,
    make: () => Instrument,
  ): Instrument {
    const isKnown = entry.series.has(keyOf(given));
    const labels = isKnown || entry.series.size < limits.telemetry.seriesPerMetric ? given : overflow;
    const key = keyOf(labels);
    let found = entry.series.get(key);
    if (found === undefined) {
      found = { labels, instrument: make() };
      entry.series.set(key, found);
    }
    return found.instrument as Instrument;
  }

  return {
    counter: (description, labels = none) => seriesOf(entryOf("counter", description), labels, () => new Counter()),
    gauge: (description, labels = none) => seriesOf(entryOf("gauge", description), labels, () => new Gauge()),
    histogram: (description, { bounds = secondsBounds, labels = none } = {}) =>
      seriesOf(entryOf("histogram", description), labels, () => new Histogram(bounds)),
    observe(kind, description, read) {
      entryOf(kind, description).readers.push(read);
    },
    prepare(work) {
      preparations.push(work);
    },
    async collect() {
      await Promise.all(preparations.map((work) => work()));
      return [...entries.values()].map((entry) => ({
        ...entry.description,
        kind: entry.kind,
        points: [...countedPoints(entry), ...observedPoints(entry)],
      }));
    },
  };
}

function countedPoints({ series }: Entry): Point[] {
  return [...series.values()].map(({ labels, instrument }) =>
    instrument instanceof Histogram
      ? { labels, bounds: instrument.bounds, counts: [...instrument.counts], sum: instrument.sum }
      : { labels, value: instrument.value },
  );
}

function observedPoints({ readers }: Entry): Point[] {
  const sums = new Map<string, { labels: Labels; value: number }>();
  for (const read of readers) {
    const reading = read();
    for (const [labels, value] of typeof reading === "number" ? [[none, reading] as const] : reading) {
      const key = keyOf(labels);
      const sum = sums.get(key);
      if (sum === undefined) sums.set(key, { labels, value });
      else sum.value += value;
    }
  }
  return [...sums.values()];
}

function keyOf(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n");
}
