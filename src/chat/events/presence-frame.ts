import type { UserId } from "../../platform/ids.ts";
import { EventFrame } from "../../rpc/event-feed/event-frame.ts";
import { roomSignalForm } from "./frames.ts";

/** The signal that a member of a room came, went, or shows themselves differently: made once, for those who may see it. */
export class PresenceFrame extends EventFrame {
  readonly about: UserId;
  /** Whom that member has blocked. */
  readonly blocked: ReadonlySet<UserId>;

  constructor(body: Uint8Array, about: UserId, blocked: ReadonlySet<UserId>) {
    super(0, body, roomSignalForm);
    this.about = about;
    this.blocked = blocked;
  }
}
