import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { Queries } from "../platform/database/database.ts";
import type { Failure } from "../platform/failure.ts";
import type { UserId } from "../platform/ids.ts";
import { blocked, userNotFound } from "./errors.ts";
import type { DirectStore } from "./store/direct-store.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { Room } from "./store/room-store.ts";
import type { ChatTables } from "./tables.ts";

interface Stores {
  readonly members: MemberStore;
  readonly directs: DirectStore;
}

/**
 * Why words in a direct conversation do not reach the other user: USER_NOT_FOUND once that account is erased, BLOCKED
 * when one of the two has blocked the other. Undefined when they do; other rooms reach whom they reach.
 */
export async function reachFault(
  queries: Queries<ChatTables>,
  { members, directs }: Stores,
  room: Room,
  userId: UserId,
): Promise<Failure | undefined> {
  if (room.type !== RoomType.DIRECT) return undefined;
  const other = await members.otherIn(queries, room.id, userId);
  if (other === undefined) return userNotFound();
  return (await directs.isBlocked(queries, userId, other.userId)) ? blocked() : undefined;
}

/** Throws what `reachFault` finds. */
export async function requireReach(
  queries: Queries<ChatTables>,
  stores: Stores,
  room: Room,
  userId: UserId,
): Promise<void> {
  const fault = await reachFault(queries, stores, room, userId);
  if (fault !== undefined) throw fault;
}
