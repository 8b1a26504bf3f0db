import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { Log } from "../platform/log.ts";
import { logCall } from "./call-log.ts";
import { isPushStream, tapPushStream } from "./push-stream.ts";
import { withMessage } from "./with-message.ts";

/** What became of one call. Other rooms may count it as well. */
export interface CallEnd {
  readonly method: DescMethod;
  /** Undefined for a call that ended well. */
  readonly code: Code | undefined;
  readonly durationMs: number;
}

/**
 * One log line for every call once it is over: a stream's when its last message is out, as one that fails halfway would
 * otherwise read as a success.
 */
export function observe(log: Log, onEnd?: (end: CallEnd) => void): Interceptor {
  return (next) => (request) => {
    const startedAt = performance.now();
    const values = request.contextValues;
    const { method } = request;
    let told = false;

    function tell(error: unknown): void {
      if (told) return;
      told = true;
      const durationMs = performance.now() - startedAt;
      const code = error === undefined ? undefined : ConnectError.from(error).code;
      onEnd?.({ method, code, durationMs });
      logCall(log, values, method, code, durationMs);
    }

    return next(request).then(
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
