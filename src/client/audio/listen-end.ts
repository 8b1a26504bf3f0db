import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { CloseReason, type Closing } from "#gen/veza/stream/v1/stream_event_pb.ts";
import { isTransient, type Problem } from "../errors.ts";

/** Why one connection that brought sound is over. */
export type ListenCut =
  /** The service said so; undefined when it ended without a word. */
  | { readonly kind: "closed"; readonly closing: Closing | undefined }
  | { readonly kind: "failed"; readonly problem: Problem }
  /** The stream went off air. */
  | { readonly kind: "ended" }
  /** Nothing was heard for too long. */
  | { readonly kind: "silent" }
  /** The network changed under it. */
  | { readonly kind: "woken" }
  /** The caller wants no more. */
  | { readonly kind: "stopped" };

/** Why listening is over for good. */
export type ListenEnd =
  | { readonly kind: "stopped" }
  /** The stream went off air. */
  | { readonly kind: "stream-ended" }
  | { readonly kind: "session-ended" }
  /** The stream was deleted, or is not open to the listener any more. */
  | { readonly kind: "access-lost" }
  /** The same listener goes on elsewhere. */
  | { readonly kind: "replaced" }
  | { readonly kind: "refused"; readonly problem: Problem };

export type ListenDecision =
  | { readonly kind: "end"; readonly end: ListenEnd }
  /** Wait at least `afterMs`, and with `jitter` some time more. `joinsAgain`: the listener is known no longer. */
  | { readonly kind: "retry"; readonly afterMs: number; readonly jitter: boolean; readonly joinsAgain: boolean };

/**
 * What to do when a connection is over.
 * @param refusals how many connections in a row, this one included, were refused for their token
 */
export function afterListenCut(cut: ListenCut, refusals: number): ListenDecision {
  switch (cut.kind) {
    case "stopped":
      return end({ kind: "stopped" });
    case "ended":
      return end({ kind: "stream-ended" });
    case "woken":
      return { ...RETRY, jitter: false };
    case "silent":
      return RETRY;
    case "closed":
      return afterClosing(cut.closing);
    case "failed":
      return afterFailure(cut.problem, refusals);
  }
}

/** Whether the token was the reason. */
export function isTokenRefusal(cut: ListenCut): boolean {
  return cut.kind === "failed" && cut.problem.code === Code.Unauthenticated;
}

function afterClosing(closing: Closing | undefined): ListenDecision {
  switch (closing?.reason) {
    case CloseReason.SESSION_ENDED:
      return end({ kind: "session-ended" });
    case CloseReason.ACCESS_LOST:
      return end({ kind: "access-lost" });
    case CloseReason.REPLACED:
      return end({ kind: "replaced" });
    case CloseReason.LEFT:
      return end({ kind: "stopped" });
    case CloseReason.TOKEN_EXPIRED:
      // Expected every few minutes. The next call refreshes the token on its way.
      return { ...RETRY, jitter: false };
    default:
      return { ...RETRY, afterMs: closing?.retryAfter === undefined ? 0 : durationMs(closing.retryAfter) };
  }
}

function afterFailure(problem: Problem, refusals: number): ListenDecision {
  if (problem.code === Code.Unauthenticated) {
    const over = refusals > 1 || problem.reason.startsWith("REFRESH_TOKEN_");
    return over ? end({ kind: "session-ended" }) : RETRY;
  }
  if (problem.reason === "LISTENER_NOT_FOUND") return { ...RETRY, joinsAgain: true };
  if (problem.reason === "WRONG_STREAM_STATE") return end({ kind: "stream-ended" });
  if (!isTransient(problem)) return end({ kind: "refused", problem });
  return { ...RETRY, afterMs: problem.retryAfterMs ?? 0 };
}

const RETRY = { kind: "retry", afterMs: 0, jitter: true, joinsAgain: false } as const;

function end(reason: ListenEnd): ListenDecision {
  return { kind: "end", end: reason };
}
