import { Code, ConnectError } from "@connectrpc/connect";
import { createCoarseTimeout } from "../platform/coarse-timeout.ts";
import { Failure, Reason, reasonFacts } from "../platform/failure.ts";
import { limits } from "../platform/limits.ts";

/** A call that has so much time and no more. */
export interface TimedCall {
  /** What the caller gives it, in milliseconds; undefined when the caller named nothing. */
  readonly givenMs: number | undefined;
  readonly streaming: boolean;
  /** By the clock of `performance`. */
  readonly startedAt: number;
  timer?: NodeJS.Timeout | undefined;
  /** Ends it even though its work does not stop. */
  giveUp(late: Error): void;
}

/**
 * Sees to it that calls are answered in time. A unary call without a deadline gets one, so that none lasts for ever;
 * streams may.
 */
export interface Deadlines {
  /** Throws DEADLINE_EXCEEDED when the time is up before the call begins. */
  begin(call: TimedCall): void;
  end(call: TimedCall): void;
}

export function createDeadlines(): Deadlines {
  const ours = createCoarseTimeout<TimedCall>(limits.rpc.unaryTimeoutMs, (call) =>
    call.giveUp(new Failure(Reason.DEADLINE_EXCEEDED)),
  );
  return {
    begin(call) {
      const { givenMs } = call;
      if (givenMs === undefined) {
        if (!call.streaming) ours.begin(call, call.startedAt);
      } else if (givenMs <= 0) {
        throw callersOwn();
      } else {
        call.timer = setTimeout(() => call.giveUp(callersOwn()), givenMs);
      }
    },
    end(call) {
      if (call.givenMs !== undefined) clearTimeout(call.timer);
      else if (!call.streaming) ours.end(call);
    },
  };
}

/** A deadline that the caller set is the protocol's business: a status without details, as its conformance suite has it. */
function callersOwn(): ConnectError {
  return new ConnectError(reasonFacts(Reason.DEADLINE_EXCEEDED).sentence, Code.DeadlineExceeded);
}
