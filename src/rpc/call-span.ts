import type { DescMethod } from "@bufbuild/protobuf";
import { Code, type ConnectError, type ContextValues } from "@connectrpc/connect";
import type { Span, Tracing } from "../platform/telemetry/tracing.ts";
import { statusName } from "./call-metrics.ts";
import { rpcSystemKey } from "./protocol.ts";
import { callerTraceKey, ownTraceKey } from "./trace.ts";

/** The span of a call, under the names of OpenTelemetry's conventions of RPC. */
export function startCallSpan(tracing: Tracing, method: DescMethod, values: ContextValues): Span {
  const name = `${method.parent.typeName}/${method.name}`;
  const span = tracing.start({
    name,
    kind: "server",
    parent: values.get(callerTraceKey),
    attributes: { "rpc.system.name": values.get(rpcSystemKey), "rpc.method": name },
  });
  values.set(ownTraceKey, span.context);
  return span;
}

/** Statuses for which the server is to blame, as the conventions of gRPC have it: others are the caller's. */
const faults = new Set([
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.Unimplemented,
  Code.Internal,
  Code.Unavailable,
  Code.DataLoss,
]);

/** Ends it with how the call ended. */
export function endCallSpan(span: Span, error: ConnectError | undefined): void {
  const status = statusName(error?.code);
  span.set("rpc.response.status_code", status);
  span.end(error !== undefined && faults.has(error.code) ? status : undefined);
}
