import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import { prepared } from "../../platform/database/prepared.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { DirectStore } from "./direct-store.ts";
import { fromRow } from "./message-row.ts";
import { unreadOf } from "./unread-sql.ts";

/** Direct conversations in SQL. `build` is only asked for the form of queries; each runs on what its caller hands in. */
export function createSqlDirectStore(build: Queries<ChatTables>): DirectStore {
  const findRoom = prepared((p: { key: string }) =>
    build.selectFrom("chat_rooms").select("id").where("direct_key", "=", p.key),
  );
  const touch = prepared((p: { roomId: string; senderId: number; at: number }) =>
    build
      .updateTable("chat_members")
      .set((eb) => ({
        last_message_at: p.at,
        own_unread: eb
          .case()
          .when("user_id", "=", p.senderId)
          .then(eb("own_unread", "+", 1))
          .else(eb.ref("own_unread"))
          .end(),
      }))
      .where("room_id", "=", p.roomId),
  );
  const findBlock = prepared((p: { one: number; other: number }) =>
    build
      .selectFrom("chat_blocks")
      .select("user_id")
      .where((eb) =>
        eb.or([
          eb.and([eb("user_id", "=", p.one), eb("blocked_id", "=", p.other)]),
          eb.and([eb("user_id", "=", p.other), eb("blocked_id", "=", p.one)]),
        ]),
      )
      .limit(1),
  );
  const selectConversations = prepared((p: { userId: number; lastUsedAt: number; roomId: string; limit: number }) =>
    build
      // The page is cut first: what follows is looked up for the rooms on it alone.
      .with("page", (db) =>
        db
          .selectFrom("chat_members as mine")
          .innerJoin("chat_rooms as room", "room.id", "mine.room_id")
          .select(["mine.room_id", "mine.user_id", "mine.last_message_at"])
          .select(["mine.last_read_sequence", "mine.read_count", "mine.own_unread", "room.message_count"])
          .where("mine.user_id", "=", p.userId)
          .where("room.type", "=", RoomType.DIRECT)
          .where((eb) =>
            eb.or([
              eb("mine.last_message_at", "<", p.lastUsedAt),
              eb.and([eb("mine.last_message_at", "=", p.lastUsedAt), eb("mine.room_id", "<", p.roomId)]),
            ]),
          )
          .orderBy("mine.last_message_at", "desc")
          .orderBy("mine.room_id", "desc")
          .limit(p.limit),
      )
      .selectFrom("page")
      .innerJoin("chat_messages as last", (join) =>
        join.on("last.id", "=", (eb) =>
          eb
            .selectFrom("chat_messages as latest")
            .select("latest.id")
            .whereRef("latest.room_id", "=", "page.room_id")
            .orderBy("latest.sequence", "desc")
            .limit(1),
        ),
      )
      .leftJoin("chat_members as other", (join) =>
        join.onRef("other.room_id", "=", "page.room_id").onRef("other.user_id", "<>", "page.user_id"),
      )
      .leftJoin("chat_blocks as block", (join) =>
        join.onRef("block.user_id", "=", "page.user_id").onRef("block.blocked_id", "=", "other.user_id"),
      )
      .selectAll("last")
      .select(["page.last_message_at", "other.user_id as other_id", "other.username as other_username"])
      .select("block.blocked_id")
      .select(unreadOf("page", "page").as("unread"))
      .orderBy("page.last_message_at", "desc")
      .orderBy("page.room_id", "desc"),
  );

  return {
    async findRoom(queries, one, other) {
      const { rows } = await queries.executeQuery(findRoom({ key: keyOf(one, other) }));
      return rows[0]?.id as RoomId | undefined;
    },

    async insertRoom(tx, room, one, other) {
      const made = await tx
        .insertInto("chat_rooms")
        .values({
          id: room.id,
          name: room.name,
          description: room.description,
          topic: "",
          type: room.type,
          visibility: room.visibility,
          created_by: Number(room.createdBy),
          created_at: room.createdAt,
          is_active: 1,
          head_sequence: 0,
          floor_sequence: 0,
          member_count: 0,
          message_count: 0,
          slow_mode_ms: 0,
          blocked_words: "[]",
          direct_key: keyOf(one, other),
        })
        .onConflict((conflict) => conflict.column("direct_key").doNothing())
        .returning("id")
        .execute();
      return made.length > 0;
    },

    async touch(tx, roomId, senderId, at) {
      await tx.executeQuery(touch({ roomId, senderId: Number(senderId), at }));
    },

    async conversations(queries, userId, { after, limit }) {
      const { rows } = await queries.executeQuery(
        selectConversations({
          userId: Number(userId),
          lastUsedAt: after?.lastUsedAt ?? Number.MAX_SAFE_INTEGER,
          roomId: after?.roomId ?? "",
          limit,
        }),
      );
      return rows.map((row) => ({
        roomId: row.room_id as RoomId,
        other:
          row.other_id === null
            ? undefined
            : { userId: String(row.other_id) as UserId, username: row.other_username ?? "" },
        lastMessage: fromRow(row),
        unread: Number(row.unread),
        isBlocked: row.blocked_id !== null,
        lastUsedAt: Number(row.last_message_at),
      }));
    },

    async isBlocked(queries, one, other) {
      const { rows } = await queries.executeQuery(findBlock({ one: Number(one), other: Number(other) }));
      return rows.length > 0;
    },

    async block(tx, userId, blockedId) {
      const blocked = await tx
        .insertInto("chat_blocks")
        .values({ user_id: Number(userId), blocked_id: Number(blockedId) })
        .onConflict((conflict) => conflict.doNothing())
        .returning("user_id")
        .execute();
      return blocked.length > 0;
    },

    async apartFrom(queries, userId, others) {
      const me = Number(userId);
      const them = others.map(Number);
      const rows = await queries
        .selectFrom("chat_blocks")
        .selectAll()
        .where((eb) =>
          eb.or([
            eb.and([eb("user_id", "=", me), eb("blocked_id", "in", them)]),
            eb.and([eb("blocked_id", "=", me), eb("user_id", "in", them)]),
          ]),
        )
        .execute();
      return new Set(rows.map((row) => String(Number(row.user_id) === me ? row.blocked_id : row.user_id) as UserId));
    },

    async blockedBy(queries, userIds) {
      if (userIds.length === 0) return new Map();
      const rows = await queries
        .selectFrom("chat_blocks")
        .selectAll()
        .where("user_id", "in", userIds.map(Number))
        .execute();
      const byUser = Map.groupBy(rows, (row) => String(row.user_id) as UserId);
      return new Map(
        [...byUser].map(([userId, own]) => [userId, own.map(({ blocked_id }) => String(blocked_id) as UserId)]),
      );
    },

    async countBlocks(queries, userId) {
      const { blocks } = await queries
        .selectFrom("chat_blocks")
        .select((eb) => eb.fn.countAll().as("blocks"))
        .where("user_id", "=", Number(userId))
        .executeTakeFirstOrThrow();
      return Number(blocks);
    },

    async unblock(tx, userId, blockedId) {
      const lifted = await tx
        .deleteFrom("chat_blocks")
        .where("user_id", "=", Number(userId))
        .where("blocked_id", "=", Number(blockedId))
        .returning("user_id")
        .execute();
      return lifted.length > 0;
    },
  };
}

/** `smaller user id:larger user id`, so that both users find the same room. */
function keyOf(one: UserId, other: UserId): string {
  return Number(one) < Number(other) ? `${one}:${other}` : `${other}:${one}`;
}
