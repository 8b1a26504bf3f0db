import { CloseReason, type Closing } from "#gen/veza/stream/v1/stream_event_pb.ts";
import type { Cut, End, Verdicts } from "../after-cut.ts";
import type { Problem } from "../errors.ts";

interface StreamEnded {
  /** The stream went off air. */
  readonly kind: "stream-ended";
}

/** Why one connection that brought sound is over. */
export type ListenCut = Cut<Closing> | StreamEnded;

type OwnEnd =
  | StreamEnded
  /** The stream was deleted, or is not open to the listener any more. */
  | { readonly kind: "access-lost" }
  /** The same listener goes on elsewhere. */
  | { readonly kind: "replaced" };

/** Why listening is over for good. */
export type ListenEnd = End | OwnEnd;

export const listenVerdicts: Verdicts<Closing, OwnEnd> = {
  closing({ reason }) {
    switch (reason) {
      case CloseReason.SESSION_ENDED:
        return { kind: "session-ended" };
      case CloseReason.ACCESS_LOST:
        return { kind: "access-lost" };
      case CloseReason.REPLACED:
        return { kind: "replaced" };
      case CloseReason.LEFT:
        return { kind: "stopped" };
      case CloseReason.TOKEN_EXPIRED:
        // Expected every few minutes. The next call refreshes the token on its way.
        return "at-once";
      default:
        return undefined;
    }
  },
  failure(problem) {
    if (isUnknownListener(problem)) return "retry";
    if (problem.reason === "WRONG_STREAM_STATE") return { kind: "stream-ended" };
    return undefined;
  },
};

/** The service has forgotten the listener, which then joins again. */
export function isUnknownListener({ reason }: Problem): boolean {
  return reason === "LISTENER_NOT_FOUND";
}
