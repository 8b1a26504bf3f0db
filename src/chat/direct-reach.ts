import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { Queries } from "../platform/database/database.ts";
import type { UserId } from "../platform/ids.ts";
import { blocked, userNotFound } from "./errors.ts";
import type { DirectStore } from "./store/direct-store.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { Room } from "./store/room-store.ts";
import type { ChatTables } from "./tables.ts";

/**
 * In a direct conversation, throws unless words still reach the other user: USER_NOT_FOUND once that account is erased,
 * BLOCKED when one of the two has blocked the other. Other rooms reach whom they reach.
 */
export async function requireReach(
  queries: Queries<ChatTables>,
  stores: { members: MemberStore; directs: DirectStore },
  room: Room,
  userId: UserId,
): Promise<void> {
  if (room.type !== RoomType.DIRECT) return;
  const other = await stores.members.otherIn(queries, room.id, userId);
  if (other === undefined) throw userNotFound();
  if (await stores.directs.isBlocked(queries, userId, other.userId)) throw blocked();
}
