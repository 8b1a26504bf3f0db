import { setTimeout as sleep } from "node:timers/promises";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { expect, test } from "vitest";
import { limits } from "#src/platform/limits.ts";
import { createTracing } from "#src/platform/telemetry/otel-tracing.ts";
import { readTraceContext, traceparent } from "#src/platform/telemetry/trace-context.ts";
import { inSpan } from "#src/platform/telemetry/tracing.ts";

function kept() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  return { exporter, tracing: createTracing(provider.getTracer("test")) };
}

test("what happens in a span, however much later, belongs to it; what happens after its end does not", async () => {
  const { exporter, tracing } = kept();
  const call = tracing.start({ name: "call", kind: "server" });
  const left = Promise.withResolvers<void>();
  await tracing.within(call, async () => {
    await sleep(1);
    await inSpan(tracing, { name: "inside", kind: "client" }, async () => undefined);
    setTimeout(() => left.resolve(inSpan(tracing, { name: "left behind", kind: "client" }, async () => undefined)), 20);
  });
  call.end();
  await left.promise;
  await inSpan(tracing, { name: "outside", kind: "client" }, async () => undefined);

  const spans = exporter.getFinishedSpans();
  expect(spans.map(({ name }) => name)).toEqual(["inside", "call"]);
  expect(spans[0]?.parentSpanContext?.spanId).toBe(call.context.spanId);
  expect(spans[0]?.spanContext().traceId).toBe(call.context.traceId);
});

test("a span that lasts does not take in everything", async () => {
  const { exporter, tracing } = kept();
  const stream = tracing.start({ name: "stream", kind: "server" });
  await tracing.within(stream, async () => {
    for (let at = 0; at < 2 * limits.telemetry.spansPerSpan; at += 1)
      await inSpan(tracing, { name: "one more", kind: "client" }, async () => undefined);
  });
  expect(exporter.getFinishedSpans().length).toBe(limits.telemetry.spansPerSpan);
});

test("a failure is told, and thrown on", async () => {
  const { exporter, tracing } = kept();
  const call = tracing.start({ name: "call", kind: "server" });
  const failing = tracing.within(call, () =>
    inSpan(tracing, { name: "fails", kind: "client" }, async () => {
      throw new TypeError("no");
    }),
  );
  await expect(failing).rejects.toThrow("no");
  expect(exporter.getFinishedSpans()[0]).toMatchObject({
    status: { code: 2 },
    attributes: { "error.type": "TypeError" },
  });
});

test("traceparent is read as it is written, and nothing else is", () => {
  const digits = (length: number) =>
    fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });
  const context = fc.record({ traceId: digits(32), spanId: digits(16), isSampled: fc.boolean() });
  fc.assert(
    fc.property(context, (each) => {
      const isNothing = /^0+$/.test(each.traceId) || /^0+$/.test(each.spanId);
      expect(readTraceContext(traceparent(each))).toEqual(isNothing ? undefined : { ...each, state: undefined });
    }),
    { seed: 7 },
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readTraceContext(text)).toBeUndefined();
    }),
    { seed: 7 },
  );
  const good = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  expect(readTraceContext(`00-${good}`, "a=1")).toMatchObject({ isSampled: true, state: "a=1" });
  expect(readTraceContext(`00-${good}`, "a".repeat(513))?.state).toBeUndefined();
  for (const bad of [`ff-${good}`, `00-${good}-more`, `00-${good.toUpperCase()}`])
    expect(readTraceContext(bad)).toBeUndefined();
  expect(readTraceContext(`01-${good}-more`)).toMatchObject({ isSampled: true });
});
