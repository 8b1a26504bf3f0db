import fc from "fast-check";
import { expect, test } from "vitest";
import { limits } from "#src/platform/limits.ts";
import { secondsBounds } from "#src/platform/telemetry/instruments.ts";
import { createMetrics } from "#src/platform/telemetry/metrics.ts";
import { prometheusName, prometheusText } from "#src/platform/telemetry/prometheus-text.ts";
import { Scrape } from "../kit/scrape.ts";

const described = (name: string, unit = "{thing}") => ({ name, unit, help: "Something." });
const read = async (metrics: ReturnType<typeof createMetrics>) => new Scrape(prometheusText(await metrics.collect()));

test("a histogram counts what is at most each bound, and all of it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.double({ min: 0, max: 20, noNaN: true })), async (values) => {
      const metrics = createMetrics();
      const histogram = metrics.histogram(described("took", "s"));
      for (const value of values) histogram.record(value);
      const found = await read(metrics);
      for (const bound of secondsBounds) {
        const expected = values.filter((value) => value <= bound).length;
        expect(found.value("took_seconds_bucket", { le: String(bound) })).toBe(expected);
      }
      expect(found.value("took_seconds_bucket", { le: "+Inf" })).toBe(values.length);
      expect(found.value("took_seconds_count")).toBe(values.length);
      expect(found.value("took_seconds_sum")).toBeCloseTo(
        values.reduce((sum, each) => sum + each, 0),
        6,
      );
    }),
    { seed: 7, numRuns: 50 },
  );
});

test("whatever a label holds comes back as it was", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), async (text) => {
      const metrics = createMetrics();
      metrics.counter(described("seen"), { text }).add();
      const [sample] = (await read(metrics)).samples;
      const told = sample?.labels.text?.replaceAll(/\\(.)/g, (_, each: string) => (each === "n" ? "\n" : each));
      expect(told).toBe(text);
    }),
    { seed: 7 },
  );
});

test("names carry their units, as OpenTelemetry's rules for Prometheus have it", () => {
  const name = (kind: "counter" | "gauge" | "histogram", unit: string) => prometheusName({ name: "a.b", unit, kind });
  expect([name("counter", "s"), name("gauge", "By"), name("gauge", "1"), name("counter", "{call}")]).toEqual([
    "a_b_seconds_total",
    "a_b_bytes",
    "a_b_ratio",
    "a_b_total",
  ]);
});

test("a series that is asked for again is the same, what is observed twice is added up, what is not known is absent", async () => {
  const metrics = createMetrics();
  metrics.counter(described("calls"), { way: "in" }).add(2);
  metrics.counter(described("calls"), { way: "in" }).add();
  metrics.observe("gauge", described("open"), () => [[{ port: "a" }, 1]]);
  metrics.observe("gauge", described("open"), () => [[{ port: "a" }, 2]]);
  metrics.observe("gauge", described("unknown"), () => []);
  const found = await read(metrics);
  expect(found.value("calls_total", { way: "in" })).toBe(3);
  expect(found.value("open")).toBe(3);
  expect(found.text).not.toContain("unknown");
  expect(() => metrics.gauge(described("calls"))).toThrow("calls is a counter, not a gauge");
});

test("series are bounded: what is beyond is counted together", async () => {
  const metrics = createMetrics();
  const most = limits.telemetry.seriesPerMetric;
  for (let at = 0; at < most + 10; at += 1) metrics.counter(described("calls"), { at: String(at) }).add();
  const found = await read(metrics);
  expect(found.samples.length).toBe(most + 1);
  expect(found.value("calls_total", { otel_metric_overflow: "true" })).toBe(10);
});
