import { SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import { nameKey } from "../../platform/name-key.ts";
import type { ChatTables } from "../tables.ts";
import type { MemberStore } from "./member-store.ts";
import { memberOf } from "./rows.ts";

/** Members in SQL. */
export function createSqlMemberStore(): MemberStore {
  return {
    async insert(tx, member, readCount) {
      await tx
        .insertInto("chat_members")
        .values({
          room_id: member.roomId,
          user_id: Number(member.userId),
          username: member.username,
          role: member.role,
          joined_at: member.joinedAt,
          last_message_at: member.lastMessageAt,
          last_read_sequence: member.lastReadSequence,
          name_key: nameKey(member.username),
          read_count: readCount,
          own_unread: 0,
          mentions_unread: 0,
        })
        .execute();
      await addToCount(tx, member.roomId, 1);
    },
    async remove(tx, roomId, userId) {
      await tx.deleteFrom("chat_members").where("room_id", "=", roomId).where("user_id", "=", Number(userId)).execute();
      await addToCount(tx, roomId, -1);
    },
    async find(queries, roomId, userId) {
      const row = await queries
        .selectFrom("chat_members")
        .selectAll()
        .where("room_id", "=", roomId)
        .where("user_id", "=", Number(userId))
        .executeTakeFirst();
      return row && memberOf(row);
    },
    async named(queries, roomId, keys) {
      if (keys.length === 0) return [];
      const rows = await queries
        .selectFrom("chat_members")
        .selectAll()
        .where("room_id", "=", roomId)
        .where("name_key", "in", keys)
        .execute();
      return rows.map(memberOf);
    },
    async setRole(tx, roomId, userId, role) {
      await tx
        .updateTable("chat_members")
        .set({ role })
        .where("room_id", "=", roomId)
        .where("user_id", "=", Number(userId))
        .execute();
    },
    async list(queries, roomId, { after, limit }, now) {
      const rows = await queries
        .selectFrom("chat_members as member")
        .leftJoin("chat_sanctions as mute", (join) =>
          join
            .onRef("mute.room_id", "=", "member.room_id")
            .onRef("mute.user_id", "=", "member.user_id")
            .on("mute.kind", "=", SanctionKind.MUTE)
            .on((eb) => eb.or([eb("mute.expires_at", "is", null), eb("mute.expires_at", ">", now)])),
        )
        .selectAll("member")
        .select(["mute.id as mute_id", "mute.expires_at as muted_until"])
        .where("member.room_id", "=", roomId)
        .$if(after !== undefined, (query) =>
          query.where((eb) =>
            eb(
              eb.refTuple("member.joined_at", "member.user_id"),
              ">",
              eb.tuple(after?.joinedAt as number, after?.userId as number),
            ),
          ),
        )
        .orderBy("member.joined_at")
        .orderBy("member.user_id")
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        member: memberOf(row),
        mutedUntil: row.mute_id === null ? undefined : row.muted_until,
      }));
    },
    async countRoomsOf(queries, userId) {
      const { count } = await queries
        .selectFrom("chat_members as member")
        .innerJoin("chat_rooms as room", "room.id", "member.room_id")
        .select((eb) => eb.fn.countAll().as("count"))
        .where("member.user_id", "=", Number(userId))
        .where("room.type", "!=", RoomType.DIRECT)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async shareRoom(queries, one, other) {
      const shared = await queries
        .selectFrom("chat_members as mine")
        .innerJoin("chat_members as theirs", "theirs.room_id", "mine.room_id")
        .select("mine.room_id")
        .where("mine.user_id", "=", Number(one))
        .where("theirs.user_id", "=", Number(other))
        .limit(1)
        .executeTakeFirst();
      return shared !== undefined;
    },
    async sharing(queries, userId, others) {
      const rows = await queries
        .selectFrom("chat_members as mine")
        .innerJoin("chat_members as theirs", "theirs.room_id", "mine.room_id")
        .select(["theirs.user_id", "theirs.username"])
        .distinct()
        .where("mine.user_id", "=", Number(userId))
        .where("theirs.user_id", "in", others.map(Number))
        .execute();
      return new Map(rows.map(({ user_id, username }) => [String(user_id) as UserId, username]));
    },
    async inRooms(queries, userId, roomIds) {
      if (roomIds.length === 0) return [];
      const rows = await queries
        .selectFrom("chat_members")
        .select("room_id")
        .where("user_id", "=", Number(userId))
        .where("room_id", "in", roomIds)
        .execute();
      return rows.map(({ room_id }) => room_id as RoomId);
    },
    async otherIn(queries, directRoomId, userId) {
      const row = await queries
        .selectFrom("chat_members")
        .selectAll()
        .where("room_id", "=", directRoomId)
        .where("user_id", "!=", Number(userId))
        .executeTakeFirst();
      return row && memberOf(row);
    },
    async ofUser(queries, userId) {
      const rows = await queries
        .selectFrom("chat_members")
        .selectAll()
        .where("user_id", "=", Number(userId))
        .orderBy("room_id")
        .execute();
      return rows.map(memberOf);
    },
    async heirOf(queries, roomId) {
      const row = await queries
        .selectFrom("chat_members")
        .selectAll()
        .where("room_id", "=", roomId)
        .orderBy("role", "desc")
        .orderBy("joined_at")
        .orderBy("user_id")
        .limit(1)
        .executeTakeFirst();
      return row && memberOf(row);
    },
  };
}

async function addToCount(tx: Queries<ChatTables>, roomId: RoomId, change: 1 | -1): Promise<void> {
  await tx
    .updateTable("chat_rooms")
    .set((eb) => ({ member_count: eb("member_count", "+", change) }))
    .where("id", "=", roomId)
    .execute();
}
