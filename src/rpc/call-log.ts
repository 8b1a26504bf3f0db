import type { DescMethod } from "@bufbuild/protobuf";
import { Code, type ContextValues } from "@connectrpc/connect";
import type { Log } from "../platform/log.ts";
import { clientAddressKey } from "./peer-address.ts";
import { principalKey } from "./principal.ts";
import { requestIdKey } from "./request-id.ts";
import { callerTraceKey, ownTraceKey } from "./trace.ts";

const faults = new Set([Code.Internal, Code.Unknown, Code.DataLoss]);

function levelOf(method: DescMethod, code: Code | undefined): "debug" | "info" | "warn" | "error" {
  if (code !== undefined && faults.has(code)) return "error";
  // What processes ask each other is nobody's call; "not found" is how they tell that they are well.
  if (method.parent.file.proto.package === "veza.internal.v1") return "debug";
  return code === undefined ? "info" : "warn";
}

/** Writes the one line that every call gets. `code` is undefined for a call that ended well. */
export type CallLog = (values: ContextValues, method: DescMethod, code: Code | undefined, durationMs: number) => void;

/** What is the same for all calls of a method that end alike is written out once. */
export function createCallLog(log: Log): CallLog {
  const logs = new Map<DescMethod, Log[]>();

  function logOf(method: DescMethod, code: Code | undefined): Log {
    let ofMethod = logs.get(method);
    if (ofMethod === undefined) {
      ofMethod = [];
      logs.set(method, ofMethod);
    }
    let found = ofMethod[code ?? 0];
    if (found === undefined) {
      found = log.child({
        method: `${method.parent.typeName}/${method.name}`,
        code: code === undefined ? "ok" : Code[code],
      });
      ofMethod[code ?? 0] = found;
    }
    return found;
  }

  return (values, method, code, durationMs) => {
    const level = levelOf(method, code);
    if (!log.isLevelEnabled(level)) return;
    const facts = {
      request_id: values.get(requestIdKey),
      ms: Math.round(durationMs * 1000) / 1000,
      user_id: values.get(principalKey)?.userId,
      peer: values.get(clientAddressKey),
    };
    const own = values.get(ownTraceKey);
    const trace = own ?? values.get(callerTraceKey);
    const traced = trace === undefined ? facts : { trace_id: trace.traceId, span_id: own?.spanId, ...facts };
    logOf(method, code)[level](traced, "rpc");
  };
}
