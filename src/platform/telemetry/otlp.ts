import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { limits } from "../limits.ts";
import type { Metrics } from "./metrics.ts";
import type { OtlpConfig } from "./otlp-config.ts";
import type { Tracing } from "./tracing.ts";

/** What is sent over OTLP. Loaded only where something is: OpenTelemetry's SDK takes as long to load as all of the rest. */
export interface Otlp extends AsyncDisposable {
  /** Undefined when metrics alone are sent. */
  readonly tracing: Tracing | undefined;
  /** From now on these are sent. */
  sendMetrics(metrics: Metrics): Promise<void>;
}

/** Disposing sends what is left, for as long as `limits.telemetry.flushMs` allows. Nobody waits for a collector that is gone. */
export async function openOtlp(
  config: OtlpConfig,
  { name, version }: { name: string; version: string },
): Promise<Otlp> {
  const resource = resourceFromAttributes({
    "service.name": name,
    "service.instance.id": randomUUID(),
    "service.version": version,
    ...config.resource,
  });
  const closing: (() => Promise<void>)[] = [];

  async function openTracing(target: NonNullable<OtlpConfig["traces"]>): Promise<Tracing> {
    const [sdk, { OTLPTraceExporter }, { createTracing }] = await Promise.all([
      import("@opentelemetry/sdk-trace"),
      target.protocol === "http/json"
        ? import("@opentelemetry/exporter-trace-otlp-http")
        : import("@opentelemetry/exporter-trace-otlp-proto"),
      import("./otel-tracing.ts"),
    ]);
    const root = target.sampler.includes("always_off")
      ? new sdk.AlwaysOffSampler()
      : target.sampler.includes("traceidratio")
        ? new sdk.TraceIdRatioBasedSampler(target.samplerRatio)
        : new sdk.AlwaysOnSampler();
    const provider = new sdk.TracerProvider({
      resource,
      sampler: target.sampler.startsWith("parentbased_") ? new sdk.ParentBasedSampler({ root }) : root,
      spanProcessors: [
        new sdk.BatchSpanProcessor({
          exporter: new OTLPTraceExporter({ url: target.url }),
          scheduledDelayMillis: target.everyMs,
        }),
      ],
    });
    closing.push(() => provider.shutdown());
    return createTracing(provider.getTracer("veza", version));
  }

  const tracing = config.traces === undefined ? undefined : await openTracing(config.traces);
  return {
    tracing,
    async sendMetrics(metrics) {
      const target = config.metrics;
      if (target === undefined) return;
      const [{ MeterProvider, PeriodicExportingMetricReader }, { OTLPMetricExporter }, { metricProducerOf }] =
        await Promise.all([
          import("@opentelemetry/sdk-metrics"),
          target.protocol === "http/json"
            ? import("@opentelemetry/exporter-metrics-otlp-http")
            : import("@opentelemetry/exporter-metrics-otlp-proto"),
          import("./otel-metrics.ts"),
        ]);
      const reader = new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: target.url }),
        exportIntervalMillis: target.everyMs,
        exportTimeoutMillis: Math.min(target.everyMs, 30_000),
        metricProducers: [metricProducerOf(metrics, resource)],
      });
      const provider = new MeterProvider({ resource, readers: [reader] });
      closing.push(() => provider.shutdown());
    },
    async [Symbol.asyncDispose]() {
      const sent = Promise.allSettled(closing.map((close) => close()));
      await Promise.race([sent, setTimeout(limits.telemetry.flushMs, undefined, { ref: false })]);
    },
  };
}
