import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  createTraceState,
  type Span as OtelSpan,
  SpanKind as OtelSpanKind,
  ROOT_CONTEXT,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { limits } from "../limits.ts";
import type { TraceContext } from "./trace-context.ts";
import type { Span, SpanKind, Tracing } from "./tracing.ts";

const kinds: Readonly<Record<SpanKind, OtelSpanKind>> = {
  server: OtelSpanKind.SERVER,
  client: OtelSpanKind.CLIENT,
  producer: OtelSpanKind.PRODUCER,
  consumer: OtelSpanKind.CONSUMER,
  internal: OtelSpanKind.INTERNAL,
};

class TracedSpan implements Span {
  readonly context: TraceContext;
  readonly #span: OtelSpan;
  #isOver = false;
  #spans = 0;

  constructor(span: OtelSpan) {
    const { traceId, spanId, traceFlags, traceState } = span.spanContext();
    this.#span = span;
    this.context = {
      traceId,
      spanId,
      isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0,
      state: traceState?.serialize(),
    };
  }

  set(name: string, value: string | number | boolean): void {
    this.#span.setAttribute(name, value);
  }

  /** Whether another span may belong to it. What it left behind when it ended, timers for one, is no part of it. */
  get isOpen(): boolean {
    return !this.#isOver && this.#spans < limits.telemetry.spansPerSpan;
  }

  countSpan(): void {
    this.#spans += 1;
  }

  end(error?: string): void {
    this.#isOver = true;
    if (!this.#span.isRecording()) return;
    if (error !== undefined) this.#span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute("error.type", error);
    this.#span.end();
  }
}

/** Traces by OpenTelemetry's own SDK. Which span surrounds what is this process's business, not a global's. */
export function createTracing(tracer: Tracer): Tracing {
  const surrounding = new AsyncLocalStorage<TracedSpan>();
  function current(): TracedSpan | undefined {
    const span = surrounding.getStore();
    return span?.isOpen === true ? span : undefined;
  }
  return {
    start({ name, kind, attributes = {}, parent }) {
      const around = parent === undefined ? current() : undefined;
      around?.countSpan();
      const above = parent ?? around?.context;
      const context = above === undefined ? ROOT_CONTEXT : contextOf(above, parent !== undefined);
      return new TracedSpan(tracer.startSpan(name, { kind: kinds[kind], attributes }, context));
    },
    within: (span, work) => surrounding.run(span as TracedSpan, work),
    current,
  };
}

function contextOf({ traceId, spanId, isSampled, state }: TraceContext, isRemote: boolean): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote,
    ...(state === undefined ? {} : { traceState: createTraceState(state) }),
  });
}
