import type { TraceContext } from "./trace-context.ts";

export type SpanKind = "server" | "client" | "producer" | "consumer" | "internal";

export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  /** As OpenTelemetry's conventions name them. No names of people, no content. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** What it belongs to; otherwise the span that surrounds it here, if there is one. */
  readonly parent?: TraceContext | undefined;
}

/** A stretch of work in a trace. */
export interface Span {
  readonly context: TraceContext;
  set(name: string, value: string | number | boolean): void;
  /** Ends it; `error` says what kind of failure it was. Later calls are ignored. */
  end(error?: string): void;
}

/** Traces of what happens here. Where tracing is off there is none of this: `undefined`, and nothing to pay. */
export interface Tracing {
  start(span: SpanStart): Span;
  /** Runs work inside a span: spans that begin in it belong to it, however long it waits in between. */
  within<Result>(span: Span, work: () => Result): Result;
  /** The span that surrounds what runs now, unless it has ended or has as many spans under it as one may have. */
  current(): Span | undefined;
}

/**
 * Runs work as a span of the trace that it happens in; where it happens in none, as it is. The span ends with the promise
 * that work gives.
 */
export async function inSpan<Result>(
  tracing: Tracing | undefined,
  start: SpanStart,
  work: (span: Span | undefined) => Promise<Result>,
): Promise<Result> {
  if (tracing === undefined || (start.parent === undefined && tracing.current() === undefined)) return work(undefined);
  const span = tracing.start(start);
  try {
    const result = await tracing.within(span, () => work(span));
    span.end();
    return result;
  } catch (error) {
    span.end(error instanceof Error ? error.name : "unknown");
    throw error;
  }
}
