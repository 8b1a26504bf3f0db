import type { DescMethod } from "@bufbuild/protobuf";
import type { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import type { Gauge, Histogram } from "../platform/telemetry/instruments.ts";
import type { Description, Metrics } from "../platform/telemetry/metrics.ts";
import type { RpcSystem } from "./protocol.ts";

/** Counts calls. */
export interface CallMetrics {
  began(method: DescMethod, system: RpcSystem): void;
  /** Ends what began. `error` is undefined for a call that ended well. */
  ended(method: DescMethod, system: RpcSystem, error: ConnectError | undefined, seconds: number): void;
  /** A call that never began: the gate refused it, or its request could not be read. */
  refused(method: DescMethod, system: RpcSystem, error: ConnectError): void;
}

const duration: Description = {
  name: "rpc.server.call.duration",
  unit: "s",
  help: "Calls that ended, by how long they took: streams from the first message to the last.",
};
const active: Description = { name: "veza.rpc.active_calls", unit: "{call}", help: "Calls and streams under way." };
const failures: Description = {
  name: "veza.rpc.failures",
  unit: "{call}",
  help: "Calls that failed, by the reason in their ErrorInfo.",
};
const refusals: Description = {
  name: "veza.rpc.refused",
  unit: "{call}",
  help: "Calls that were refused before their handler was asked: no valid token, or a request that cannot be read.",
};

/** The names of google.rpc.Code, whatever protocol a call came in: one word for one thing. */
const statuses = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

export function statusName(code: Code | undefined): string {
  return statuses[code ?? 0] ?? "UNKNOWN";
}

/** What is counted of one method, by system and status. Made when it is first called. */
interface MethodSeries {
  readonly active: Gauge;
  readonly durations: (Histogram | undefined)[];
}

/**
 * Metrics of calls, under the names of OpenTelemetry's conventions. An ordinary call costs two looks into small tables
 * and a few additions: the libraries' own instruments sort and join the labels of each record anew.
 */
export function createCallMetrics(metrics: Metrics): CallMetrics {
  const tables = { grpc: new Map<DescMethod, MethodSeries>(), connectrpc: new Map<DescMethod, MethodSeries>() };

  const labelsOf = (method: DescMethod, system: RpcSystem) => ({
    "rpc.system.name": system,
    "rpc.method": `${method.parent.typeName}/${method.name}`,
    "veza.rpc.kind": method.methodKind,
  });
  function seriesOf(method: DescMethod, system: RpcSystem): MethodSeries {
    const table = tables[system];
    let series = table.get(method);
    if (series === undefined) {
      series = { active: metrics.gauge(active, labelsOf(method, system)), durations: [] };
      table.set(method, series);
    }
    return series;
  }
  function durationsOf(method: DescMethod, system: RpcSystem, code: number): Histogram {
    const status = statusName(code);
    return metrics.histogram(duration, {
      labels: {
        ...labelsOf(method, system),
        "rpc.response.status_code": status,
        ...(code === 0 ? {} : { "error.type": status }),
      },
    });
  }
  function failed(error: ConnectError): string {
    const reason = reasonOf(error);
    metrics.counter(failures, { reason, status_code: statusName(error.code) }).add();
    return reason;
  }

  return {
    began(method, system) {
      seriesOf(method, system).active.value += 1;
    },
    ended(method, system, error, seconds) {
      const series = seriesOf(method, system);
      series.active.value -= 1;
      const code = error?.code ?? 0;
      let durations = series.durations[code];
      if (durations === undefined) {
        durations = durationsOf(method, system, code);
        series.durations[code] = durations;
      }
      durations.record(seconds);
      if (error !== undefined) failed(error);
    },
    refused(method, system, error) {
      durationsOf(method, system, error.code).record(0);
      metrics.counter(refusals, { reason: failed(error) }).add();
    },
  };
}

/** The reason in a status that goes out; what Connect or the protocol itself refuses has none. */
function reasonOf(error: ConnectError): string {
  for (const detail of error.details) {
    if ("desc" in detail && detail.desc.typeName === ErrorInfoSchema.typeName) {
      return (detail.value as { reason?: string }).reason ?? "NONE";
    }
  }
  return "NONE";
}
