import { type ContextKey, createContextKey } from "@connectrpc/connect";
import type { TraceContext } from "../platform/telemetry/trace-context.ts";

/** The trace that the caller said the call belongs to. */
export const callerTraceKey: ContextKey<TraceContext | undefined> = createContextKey<TraceContext | undefined>(
  undefined,
  { description: "trace of the caller" },
);

/** Where the call itself is in a trace, once it is kept here. */
export const ownTraceKey: ContextKey<TraceContext | undefined> = createContextKey<TraceContext | undefined>(undefined, {
  description: "trace of the call",
});
