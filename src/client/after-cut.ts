import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { CloseReason, type Closing } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { isTransient, type Problem } from "./errors.ts";

/** Why one connection is over. */
export type Cut =
  /** The service said so; undefined when it ended without a word. */
  | { readonly kind: "closed"; readonly closing: Closing | undefined }
  | { readonly kind: "failed"; readonly problem: Problem }
  /** Something is missing: the cursors will bring it. */
  | { readonly kind: "hole" }
  /** Nothing was heard for too long. */
  | { readonly kind: "silent" }
  /** The network changed under it. */
  | { readonly kind: "woken" }
  /** The caller wants no more. */
  | { readonly kind: "stopped" };

/** Why following is over for good. */
export type FollowEnd =
  | { readonly kind: "stopped" }
  | { readonly kind: "session-ended" }
  | { readonly kind: "no-rooms-left" }
  | { readonly kind: "refused"; readonly problem: Problem };

export type Decision =
  | { readonly kind: "end"; readonly end: FollowEnd }
  /** Wait at least `afterMs`, and with `jitter` some time more, so that not everybody returns at once. */
  | { readonly kind: "retry"; readonly afterMs: number; readonly jitter: boolean };

/**
 * What to do when a connection is over.
 * @param refusals how many connections in a row, this one included, were refused for their token
 */
export function afterCut(cut: Cut, refusals: number): Decision {
  switch (cut.kind) {
    case "stopped":
      return end({ kind: "stopped" });
    case "woken":
      return { kind: "retry", afterMs: 0, jitter: false };
    case "hole":
    case "silent":
      return RETRY;
    case "closed":
      return afterClosing(cut.closing);
    case "failed":
      return afterFailure(cut.problem, refusals);
  }
}

/** Whether the token was the reason. */
export function isRefusal(cut: Cut): boolean {
  return cut.kind === "failed" && cut.problem.code === Code.Unauthenticated;
}

function afterClosing(closing: Closing | undefined): Decision {
  switch (closing?.reason) {
    case CloseReason.SESSION_ENDED:
      return end({ kind: "session-ended" });
    case CloseReason.NO_ROOMS_LEFT:
      return end({ kind: "no-rooms-left" });
    case CloseReason.TOKEN_EXPIRED:
      // Expected every few minutes. The next call refreshes the token on its way.
      return { kind: "retry", afterMs: 0, jitter: false };
    default:
      return { ...RETRY, afterMs: closing?.retryAfter === undefined ? 0 : durationMs(closing.retryAfter) };
  }
}

function afterFailure(problem: Problem, refusals: number): Decision {
  if (problem.code === Code.Unauthenticated) {
    // Once is a token that was refused early; a new one comes with the next call. Twice is no session.
    const over = refusals > 1 || problem.reason.startsWith("REFRESH_TOKEN_");
    return over ? end({ kind: "session-ended" }) : RETRY;
  }
  if (!isTransient(problem)) return end({ kind: "refused", problem });
  return { ...RETRY, afterMs: problem.retryAfterMs ?? 0 };
}

const RETRY = { kind: "retry", afterMs: 0, jitter: true } as const;

function end(reason: FollowEnd): Decision {
  return { kind: "end", end: reason };
}
