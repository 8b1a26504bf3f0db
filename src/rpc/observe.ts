import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { Span, Tracing } from "../platform/telemetry/tracing.ts";
import { statusName } from "./call-metrics.ts";
import type { CallReports } from "./call-reports.ts";
import { rpcSystemKey } from "./protocol.ts";
import { isPushStream, tapPushStream } from "./push-stream.ts";
import { callerTraceKey, ownTraceKey } from "./trace.ts";
import { withMessage } from "./with-message.ts";

type Request = Parameters<ReturnType<Interceptor>>[0];

/**
 * Reports every call once it is over: a stream when its last message is out, as one that fails halfway would otherwise
 * read as a success. Where traces are kept, what is inside runs in the call's span.
 */
export function observe(reports: CallReports, tracing?: Tracing): Interceptor {
  return (next) => (request) => {
    const startedAt = performance.now();
    const values = request.contextValues;
    const { method } = request;
    const span = tracing === undefined ? undefined : startSpan(tracing, request);
    let told = false;
    reports.began(values, method);

    function tell(error: unknown): void {
      if (told) return;
      told = true;
      const status = error === undefined ? undefined : ConnectError.from(error);
      reports.ended(values, method, status, performance.now() - startedAt);
      if (span !== undefined) endSpan(span, status);
    }

    const answer = span === undefined ? next(request) : (tracing as Tracing).within(span, () => next(request));
    return answer.then(
      (response) => {
        if (response.stream) return withMessage(response, observeStream(response.message, tell));
        tell(undefined);
        return response;
      },
      (error: unknown) => {
        tell(error);
        throw error;
      },
    );
  };
}

/** The span of a call, under the names of OpenTelemetry's conventions of RPC. */
function startSpan(tracing: Tracing, { contextValues, method }: Request): Span {
  const name = `${method.parent.typeName}/${method.name}`;
  const span = tracing.start({
    name,
    kind: "server",
    parent: contextValues.get(callerTraceKey),
    attributes: { "rpc.system.name": contextValues.get(rpcSystemKey), "rpc.method": name },
  });
  contextValues.set(ownTraceKey, span.context);
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

function endSpan(span: Span, error: ConnectError | undefined): void {
  const status = statusName(error?.code);
  span.set("rpc.response.status_code", status);
  span.end(error !== undefined && faults.has(error.code) ? status : undefined);
}

const clientLeft = new ConnectError("the client left", Code.Canceled);

function observeStream<Message>(
  stream: AsyncIterable<Message>,
  tell: (error: unknown) => void,
): AsyncIterable<Message> {
  if (isPushStream(stream)) {
    return tapPushStream(stream, (sink) => {
      sink.onClose(() => tell(clientLeft));
      return {
        end(error) {
          tell(error);
          sink.end(error);
        },
      };
    });
  }
  return (async function* () {
    let ended = false;
    try {
      yield* stream;
      ended = true;
      tell(undefined);
    } catch (error) {
      ended = true;
      tell(error);
      throw error;
    } finally {
      if (!ended) tell(clientLeft);
    }
  })();
}
