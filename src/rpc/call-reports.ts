import type { DescMethod } from "@bufbuild/protobuf";
import type { ConnectError, ContextValues } from "@connectrpc/connect";
import type { Log } from "../platform/log.ts";
import type { Metrics } from "../platform/telemetry/metrics.ts";
import { createCallLog } from "./call-log.ts";
import { createCallMetrics } from "./call-metrics.ts";
import { rpcSystemKey } from "./protocol.ts";

/** What is told of every call: one line in the log, and its share of the metrics. */
export interface CallReports {
  began(values: ContextValues, method: DescMethod): void;
  /** `error` is undefined for a call that ended well. */
  ended(values: ContextValues, method: DescMethod, error: ConnectError | undefined, durationMs: number): void;
  /** A call that never began. */
  refused(values: ContextValues, method: DescMethod, error: ConnectError): void;
}

export function createCallReports(needs: { log: Log; metrics: Metrics }): CallReports {
  const logCall = createCallLog(needs.log);
  const metrics = createCallMetrics(needs.metrics);
  return {
    began(values, method) {
      metrics.began(method, values.get(rpcSystemKey));
    },
    ended(values, method, error, durationMs) {
      metrics.ended(method, values.get(rpcSystemKey), error, durationMs / 1000);
      logCall(values, method, error?.code, durationMs);
    },
    refused(values, method, error) {
      metrics.refused(method, values.get(rpcSystemKey), error);
      logCall(values, method, error.code, 0);
    },
  };
}
