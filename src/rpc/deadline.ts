import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { Failure, Reason, reasonFacts } from "../platform/failure.ts";
import { limits } from "../platform/limits.ts";
import { createDefaultDeadline, type Waiting } from "./default-deadline.ts";
import { isPushStream, tapPushStream } from "./push-stream.ts";
import { type Timeout, timeoutKey } from "./timeout.ts";
import { withMessage } from "./with-message.ts";

/**
 * Answers in time even when the work does not stop: the call's signal tells the work to end, and the answer does not
 * wait for it. A unary call without a deadline gets one, so that none lasts for ever; streams may.
 */
export function enforceDeadline(): Interceptor {
  const ours = createDefaultDeadline(limits.rpc.unaryTimeoutMs);

  return (next) => (request) => {
    const timeout = request.contextValues.get(timeoutKey);
    const { ms } = timeout;
    if (ms === undefined) return request.stream ? next(request) : raceOurs(next(request), timeout);
    if (ms <= 0) return Promise.reject(callersOwn());

    return new Promise((resolve, reject) => {
      let onLate: (late: Error) => void = reject;
      const timer = setTimeout(() => {
        const late = callersOwn();
        timeout.abort(late);
        onLate(late);
      }, ms);
      next(request).then(
        (response) => {
          if (!response.stream) {
            clearTimeout(timer);
            return resolve(response);
          }
          const message = streamInTime(response.message, {
            onLate: (listener) => {
              onLate = listener;
            },
            inTime: () => clearTimeout(timer),
          });
          resolve(withMessage(response, message));
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(error as Error);
        },
      );
    });
  };

  function raceOurs<Response>(answer: Promise<Response>, timeout: Timeout): Promise<Response> {
    return new Promise((resolve, reject) => {
      const call: Waiting = {
        giveUp() {
          const late = new Failure(Reason.DEADLINE_EXCEEDED);
          timeout.abort(late);
          reject(late);
        },
      };
      ours.begin(call);
      answer.then(
        (response) => {
          ours.end(call);
          resolve(response);
        },
        (error: unknown) => {
          ours.end(call);
          reject(error as Error);
        },
      );
    });
  }
}

/** A deadline that the caller set is the protocol's business: a status without details, as its conformance suite has it. */
function callersOwn(): ConnectError {
  return new ConnectError(reasonFacts(Reason.DEADLINE_EXCEEDED).sentence, Code.DeadlineExceeded);
}

interface Deadline {
  /** Calls back when the time is up. The last listener counts. */
  onLate(listener: (late: Error) => void): void;
  /** The stream is over: nothing is late any more. */
  inTime(): void;
}

function streamInTime<Message>(stream: AsyncIterable<Message>, deadline: Deadline): AsyncIterable<Message> {
  if (isPushStream(stream)) {
    return tapPushStream(stream, (sink) => {
      deadline.onLate((late) => sink.end(late));
      sink.onClose(() => deadline.inTime());
      return {};
    });
  }
  return {
    [Symbol.asyncIterator]() {
      const messages = stream[Symbol.asyncIterator]();
      let late: Error | undefined;
      let tellWaiting: (late: Error) => void = () => undefined;
      deadline.onLate((failure) => {
        late = failure;
        tellWaiting(failure);
      });
      return {
        next: () =>
          new Promise((resolve, reject) => {
            if (late !== undefined) return reject(late);
            tellWaiting = reject;
            messages.next().then(
              (result) => {
                if (result.done) deadline.inTime();
                resolve(result);
              },
              (error: unknown) => {
                deadline.inTime();
                reject(error as Error);
              },
            );
          }),
        return: (value) => {
          deadline.inTime();
          return messages.return?.(value) ?? Promise.resolve({ done: true, value });
        },
      };
    },
  };
}
