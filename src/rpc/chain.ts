import type { Validator } from "@bufbuild/protovalidate";
import type { Interceptor } from "@connectrpc/connect";
import type { Revocations } from "../platform/access/revocations.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Tracing } from "../platform/telemetry/tracing.ts";
import type { CallReports } from "./call-reports.ts";
import { enforceDeadline } from "./deadline.ts";
import { mapErrors } from "./errors.ts";
import { observe } from "./observe.ts";
import { stillAdmitted } from "./still-admitted.ts";
import { guardStreams } from "./stream-guard.ts";
import { validateRequests } from "./validate.ts";

/**
 * What every call passes once the gate let it in, from the outside to the inside:
 *  1. observe: outermost, so that log, metrics and trace say what the caller was told and how long everything took;
 *  2. map errors: what is inside throws failures, what is outside sees statuses;
 *  3. deadline: races all that can take time, and no more;
 *  4. still admitted: the body may have taken its time since the gate;
 *  5. stream guard: needs the signal that the deadline may abort;
 *  6. validate: innermost, as it needs the message and must not run for calls that are refused anyway.
 */
export function interceptorChain(needs: {
  log: Log;
  reports: CallReports;
  tracing?: Tracing | undefined;
  clock: Clock;
  revocations: Revocations;
  validator: Validator;
}): Interceptor[] {
  return [
    observe(needs.reports, needs.tracing),
    mapErrors(needs.log),
    enforceDeadline(),
    stillAdmitted(needs),
    guardStreams(needs),
    validateRequests(needs.validator),
  ];
}
