import { SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import { type MemberRole, RoomType, RoomVisibility } from "#gen/veza/chat/v1/room_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { ChatTables } from "../tables.ts";
import type { RoomFilter, RoomSettings, RoomStore } from "./room-store.ts";
import { roomOf } from "./rows.ts";

/** Rooms in SQL. */
export function createSqlRoomStore(): RoomStore {
  return {
    async insert(tx, room) {
      await tx
        .insertInto("chat_rooms")
        .values({
          id: room.id,
          name: room.name,
          description: room.description,
          type: room.type,
          visibility: room.visibility,
          created_by: Number(room.createdBy),
          created_at: room.createdAt,
          topic: "",
          is_active: 1,
          head_sequence: 0,
          floor_sequence: 0,
          member_count: 0,
          message_count: 0,
          slow_mode_ms: 0,
          blocked_words: "[]",
          direct_key: null,
        })
        .execute();
    },
    async find(queries, roomId) {
      const row = await queries.selectFrom("chat_rooms").selectAll().where("id", "=", roomId).executeTakeFirst();
      return row && roomOf(row);
    },
    async update(tx, roomId, settings) {
      await tx.updateTable("chat_rooms").set(columnsOf(settings)).where("id", "=", roomId).execute();
    },
    async setKind(tx, roomId, { type, visibility }) {
      await tx.updateTable("chat_rooms").set({ type, visibility }).where("id", "=", roomId).execute();
    },
    async archive(tx, roomId) {
      await tx.updateTable("chat_rooms").set({ is_active: 0 }).where("id", "=", roomId).execute();
    },
    async countMadeBy(queries, userId) {
      const { count } = await queries
        .selectFrom("chat_rooms")
        .select((eb) => eb.fn.countAll().as("count"))
        .where("created_by", "=", Number(userId))
        .where("is_active", "=", 1)
        .where("type", "!=", RoomType.DIRECT)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async list(queries, filter, { before, limit }) {
      const rows = await findable(queries, filter)
        .leftJoin("chat_members as member", (join) =>
          join.onRef("member.room_id", "=", "room.id").on("member.user_id", "=", Number(filter.userId)),
        )
        .selectAll("room")
        .select("member.role as member_role")
        .$if(before !== undefined, (query) => query.where("room.id", "<", before as string))
        .orderBy("room.id", "desc")
        .limit(limit)
        .execute();
      return rows.map((row) => ({ room: roomOf(row), role: (row.member_role ?? undefined) as MemberRole | undefined }));
    },
    async count(queries, filter) {
      const { count } = await findable(queries, filter)
        .select((eb) => eb.fn.countAll().as("count"))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
  };
}

/** Subqueries that name only the user are run once, not for each room. */
function findable(queries: Queries<ChatTables>, { userId, joinedOnly, now }: RoomFilter) {
  return queries
    .selectFrom("chat_rooms as room")
    .where("room.type", "!=", RoomType.DIRECT)
    .where((eb) => {
      const mine = eb.selectFrom("chat_members").select("room_id").where("user_id", "=", Number(userId));
      const joined = eb("room.id", "in", mine);
      if (joinedOnly) return joined;
      const closedToMe = eb
        .selectFrom("chat_sanctions")
        .select("room_id")
        .where("user_id", "=", Number(userId))
        .where("kind", "=", SanctionKind.BAN)
        .where((ban) => ban.or([ban("expires_at", "is", null), ban("expires_at", ">", now)]));
      const listed = eb.and([
        eb("room.type", "in", [RoomType.PUBLIC, RoomType.PREMIUM]),
        eb("room.visibility", "!=", RoomVisibility.HIDDEN),
        eb("room.is_active", "=", 1),
        eb("room.id", "not in", closedToMe),
      ]);
      return eb.or([listed, joined]);
    });
}

function columnsOf(settings: Partial<RoomSettings>) {
  const { name, description, topic, slowModeMs, blockedWords } = settings;
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(topic !== undefined && { topic }),
    ...(slowModeMs !== undefined && { slow_mode_ms: slowModeMs }),
    ...(blockedWords !== undefined && { blocked_words: JSON.stringify(blockedWords) }),
  };
}
