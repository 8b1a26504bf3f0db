import type { RoomId, UserId } from "../platform/ids.ts";

/** Who is there: users with an open stream of events, as far as they let it be seen. */
export interface OnlineUsers {
  isOnline(userId: UserId): boolean;
  /** How many members of a room are there. */
  countIn(roomId: RoomId): number;
}
