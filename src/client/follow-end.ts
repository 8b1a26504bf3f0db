import { CloseReason, type Closing } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Cut, End, Verdicts } from "./after-cut.ts";

/** Why one connection that brought events is over. */
export type FollowCut = Cut<Closing>;

interface NoRoomsLeft {
  readonly kind: "no-rooms-left";
}

/** Why following is over for good. */
export type FollowEnd = End | NoRoomsLeft;

export const followVerdicts: Verdicts<Closing, NoRoomsLeft> = {
  closing({ reason }) {
    switch (reason) {
      case CloseReason.SESSION_ENDED:
        return { kind: "session-ended" };
      case CloseReason.NO_ROOMS_LEFT:
        return { kind: "no-rooms-left" };
      case CloseReason.TOKEN_EXPIRED:
        // Expected every few minutes. The next call refreshes the token on its way.
        return "at-once";
      default:
        return undefined;
    }
  },
};
