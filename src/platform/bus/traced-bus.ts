import { readTraceContext, traceparent } from "../telemetry/trace-context.ts";
import { inSpan, type Span, type SpanStart, type Tracing } from "../telemetry/tracing.ts";
import type { Bus, BusHeaders, Delivery } from "./bus.ts";
import { kindOf } from "./subject-kind.ts";

/**
 * The same bus, with the trace in which a message is published told to those who hear it, here and in other processes.
 * What belongs to no trace is passed on as it is. `system` names what carries the messages.
 */
export function tracedBus(bus: Bus, tracing: Tracing, system: "nats" | "local"): Bus {
  const about = (subject: string, operation: "send" | "process") => ({
    "messaging.system": system,
    "messaging.operation.type": operation,
    "messaging.destination.template": kindOf(subject),
  });
  const sending = (subject: string, kind: "producer" | "client"): SpanStart => ({
    name: `send ${kindOf(subject)}`,
    kind,
    attributes: about(subject, "send"),
  });
  /** How a message that was sent in a trace is taken in; undefined for one that was not. */
  function receiving({ subject, headers }: Delivery): SpanStart | undefined {
    const parent = readTraceContext(headers?.traceparent, headers?.tracestate);
    if (parent === undefined) return undefined;
    return { name: `process ${kindOf(subject)}`, kind: "consumer", parent, attributes: about(subject, "process") };
  }

  return {
    publish(subject, payload, headers) {
      if (tracing.current() === undefined) return bus.publish(subject, payload, headers);
      const span = tracing.start(sending(subject, "producer"));
      bus.publish(subject, payload, { ...headers, ...headersOf(span) });
      span.end();
    },
    subscribe: (pattern, listener) =>
      bus.subscribe(pattern, (payload, delivery) => {
        const start = receiving(delivery);
        if (start === undefined) return listener(payload, delivery);
        const span = tracing.start(start);
        tracing.within(span, () => listener(payload, delivery));
        span.end();
      }),
    request(subject, payload, options) {
      return inSpan(tracing, sending(subject, "client"), (span) =>
        bus.request(subject, payload, { ...options, headers: { ...options.headers, ...(span && headersOf(span)) } }),
      );
    },
    answer: (subject, answerer) =>
      bus.answer(subject, (payload, request) => {
        const start = receiving(request);
        return start === undefined
          ? answerer(payload, request)
          : inSpan(tracing, start, () => answerer(payload, request));
      }),
    onGap: (listener) => bus.onGap(listener),
    listening: () => bus.listening(),
    get isConnected() {
      return bus.isConnected;
    },
    probe: () => bus.probe(),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}

function headersOf({ context }: Span): BusHeaders {
  const { state } = context;
  return { traceparent: traceparent(context), ...(state === undefined ? {} : { tracestate: state }) };
}
