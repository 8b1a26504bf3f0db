import { type HrTime, ValueType } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import type { Family, Metrics } from "./metrics.ts";

/** Our metrics in the form that OpenTelemetry's exporters take. */
export function metricProducerOf(metrics: Metrics, resource: Resource): MetricProducer {
  const startTime = hrTime(performance.timeOrigin);
  return {
    async collect() {
      const endTime = hrTime(Date.now());
      const families = await metrics.collect();
      const found = families
        .filter(({ points }) => points.length > 0)
        .map((family) => metricData(family, { startTime, endTime }));
      return { resourceMetrics: { resource, scopeMetrics: [{ scope: { name: "veza" }, metrics: found }] }, errors: [] };
    },
  };
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}

function metricData(
  { name, unit, help, kind, points }: Family,
  times: { startTime: HrTime; endTime: HrTime },
): MetricData {
  const base = {
    descriptor: { name, unit, description: help, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (kind === "histogram") {
    return {
      ...base,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: points.flatMap((point) => {
        if (!("bounds" in point)) return [];
        const { labels, bounds, counts, sum } = point;
        const count = counts.reduce((all, each) => all + each, 0);
        const value = { buckets: { boundaries: [...bounds], counts: [...counts] }, sum, count };
        return [{ ...times, attributes: labels, value }];
      }),
    };
  }
  const dataPoints = points.flatMap((point) =>
    "value" in point ? [{ ...times, attributes: point.labels, value: point.value }] : [],
  );
  return kind === "counter"
    ? { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...base, dataPointType: DataPointType.GAUGE, dataPoints };
}
