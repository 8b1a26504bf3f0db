import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { traceparent } from "../platform/telemetry/trace-context.ts";
import { inSpan, type Tracing } from "../platform/telemetry/tracing.ts";
import { statusName } from "./call-metrics.ts";

/** Calls to other processes, in the trace that they are made in. What belongs to none begins none. */
export function traceCalls(tracing: Tracing): Interceptor {
  return (next) => (request) => {
    const name = `${request.service.typeName}/${request.method.name}`;
    const start = {
      name,
      kind: "client",
      attributes: { "rpc.system.name": "connectrpc", "rpc.method": name },
    } as const;
    return inSpan(tracing, start, async (span) => {
      if (span !== undefined) {
        const { state } = span.context;
        request.header.set("traceparent", traceparent(span.context));
        if (state !== undefined) request.header.set("tracestate", state);
      }
      try {
        const response = await next(request);
        span?.set("rpc.response.status_code", statusName(undefined));
        return response;
      } catch (error) {
        span?.set("rpc.response.status_code", statusName(ConnectError.from(error).code));
        throw error;
      }
    });
  };
}
