import type { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { RoomId, UserId } from "../platform/ids.ts";

/** How somebody who is there lets it be seen. */
export interface Shown {
  readonly status: PresenceStatus;
  /** A few words of theirs. */
  readonly text: string;
}

/** Who is there: users with an open stream of events, in whatever process, as far as they let it be seen. */
export interface OnlineUsers {
  isOnline(userId: UserId): boolean;
  /** Undefined for who is not there, or does not want to be seen. */
  shown(userId: UserId): Shown | undefined;
  /** How many members of a room are there. */
  countIn(roomId: RoomId): number;
}

/** Where those who open streams of events are counted in. */
export interface Attendance {
  /** A user has opened a stream. */
  attend(user: Pick<Principal, "userId" | "username">): Attending;
}

/** An open stream of a user, who is a member of some of the rooms that it follows. Disposing closes it. */
export interface Attending extends Disposable {
  came(roomId: RoomId): void;
  left(roomId: RoomId): void;
}
