import type { Validator } from "@bufbuild/protovalidate";
import type { Interceptor } from "@connectrpc/connect";
import type { Revocations } from "../platform/access/revocations.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Tracing } from "../platform/telemetry/tracing.ts";
import type { CallReports } from "./call-reports.ts";
import { createDeadlines } from "./deadline.ts";
import { type CallFacts, PassingCall, type Surroundings } from "./passing-call.ts";
import { createStillAdmitted } from "./still-admitted.ts";
import { guardStreams } from "./stream-guard.ts";
import { validated } from "./validate.ts";
import { withMessage } from "./with-message.ts";

/**
 * What every call passes once the gate let it in, from the outside to the inside:
 *  1. reports and span: outermost, so that log, metrics and trace say what the caller was told and how long everything took;
 *  2. errors: what is inside throws failures, what is outside sees statuses;
 *  3. deadline: races all that can take time, and no more;
 *  4. still admitted: the body may have taken its time since the gate;
 *  5. stream guard: aborts the signal as the deadline may;
 *  6. validation: innermost, as it needs the message and must not run for calls that are refused anyway.
 */
export interface Chain {
  /** Begins a call; `streaming` when it is answered with a stream. */
  begin(call: CallFacts, streaming: boolean): PassingCall;
  /** The same for calls that Connect's router takes. */
  readonly interceptor: Interceptor;
}

export function createChain(needs: {
  log: Log;
  reports: CallReports;
  tracing?: Tracing | undefined;
  clock: Clock;
  revocations: Revocations;
  validator: Validator;
}): Chain {
  const { log, reports, tracing, validator } = needs;
  const around: Surroundings = {
    log,
    reports,
    tracing,
    validator,
    deadlines: createDeadlines(),
    stillAdmitted: createStillAdmitted(needs),
    streams: guardStreams(needs),
  };
  const begin = (call: CallFacts, streaming: boolean): PassingCall => new PassingCall(around, call, streaming);

  return {
    begin,
    interceptor: (next) => (request) =>
      new Promise((resolve, reject) => {
        const call = begin({ method: request.method, values: request.contextValues }, request.stream);
        if (!request.stream) {
          call.run(
            () => next(request),
            request.message,
            (error, response) => (error === undefined ? resolve(response as never) : reject(error)),
          );
          return;
        }
        // An answer that nobody comes to read ends without a word.
        request.signal.addEventListener("abort", () => call.unguard());
        const message = validated(validator, request.method.input, request.message);
        // A request may be more than its own properties: the new one stands before it rather than being a copy.
        const checked = Object.create(request, { message: { value: message, enumerable: true } }) as typeof request;
        call.run(
          () => next(checked),
          undefined,
          (error, answer) => {
            if (error !== undefined) return reject(error);
            const response = answer as Awaited<ReturnType<typeof next>>;
            resolve(response.stream ? withMessage(response, call.surround(response.message)) : response);
          },
        );
      }),
  };
}
