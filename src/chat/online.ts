import type { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { RoomId, UserId } from "../platform/ids.ts";
import type { Room } from "./store/room-store.ts";

/** How somebody who is there lets it be seen. */
export interface Shown {
  readonly status: PresenceStatus;
  /** A few words of theirs. */
  readonly text: string;
}

/**
 * Who is there, users with an open stream of events in whatever process, as far as they let it be seen and a viewer may
 * see it: `presence/sight.ts` says who.
 */
export interface OnlineUsers {
  /** Of these users, at most 200, those who are seen to be there. */
  among(viewer: UserId, userIds: readonly UserId[]): Promise<ReadonlySet<UserId>>;
  /** How a user is seen; undefined for who is not. */
  shown(viewer: UserId, userId: UserId): Promise<Shown | undefined>;
  /** How many members of a room are there. In a direct conversation, of those whom the viewer may see. */
  countIn(viewer: UserId, room: Pick<Room, "id" | "type">): Promise<number>;
}

/** Where those who open streams of events are counted in. */
export interface Attendance {
  /** A user who has blocked some has opened a stream. */
  attend(user: Pick<Principal, "userId" | "username">, blocked: readonly UserId[]): Attending;
}

/** An open stream of a user, who is a member of some of the rooms that it follows. Disposing closes it. */
export interface Attending extends Disposable {
  came(roomId: RoomId): void;
  left(roomId: RoomId): void;
  /** Whether the user has blocked another, as it is now. */
  hasBlocked(userId: UserId): boolean;
}
