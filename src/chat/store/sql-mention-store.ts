import type { Queries } from "../../platform/database/database.ts";
import type { MessageId, RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { MentionStore } from "./mention-store.ts";
import { mentionsFrom } from "./message-row.ts";

type Tx = Queries<ChatTables>;

/** Mentions in SQL. */
export function createSqlMentionStore(): MentionStore {
  /** Counts for those who have not read so far. */
  async function count(
    tx: Tx,
    { roomId, sequence }: { roomId: RoomId; sequence: number },
    userIds: readonly UserId[],
    change: 1 | -1,
  ): Promise<void> {
    await tx
      .updateTable("chat_members")
      .set((eb) => ({ mentions_unread: eb("mentions_unread", "+", change) }))
      .where("room_id", "=", roomId)
      .where("user_id", "in", userIds.map(Number))
      .where("last_read_sequence", "<", sequence)
      .execute();
  }

  return {
    async add(tx, message, userIds) {
      if (userIds.length === 0) return;
      const { id, roomId, sequence } = message;
      await tx
        .insertInto("chat_mentions")
        .values(userIds.map((userId) => ({ user_id: Number(userId), room_id: roomId, sequence, message_id: id })))
        .execute();
      await count(tx, message, userIds, 1);
    },

    async remove(tx, message, userIds) {
      if (userIds.length === 0) return;
      const { roomId, sequence } = message;
      await tx
        .deleteFrom("chat_mentions")
        .where("user_id", "in", userIds.map(Number))
        .where("room_id", "=", roomId)
        .where("sequence", "=", sequence)
        .execute();
      await count(tx, message, userIds, -1);
    },

    async mentioning(queries, userId, limit) {
      const rows = await queries
        .selectFrom("chat_mentions")
        .select(["room_id", "sequence", "message_id"])
        .where("user_id", "=", Number(userId))
        .orderBy("room_id")
        .orderBy("sequence")
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.message_id as MessageId,
        roomId: row.room_id as RoomId,
        sequence: Number(row.sequence),
      }));
    },

    async forgetUser(tx, userId, messages) {
      const rows = await tx
        .selectFrom("chat_messages")
        .select(["id", "mentions"])
        .where(
          "id",
          "in",
          messages.map(({ id }) => id),
        )
        .execute();
      for (const row of rows) {
        const others = mentionsFrom(row.mentions).filter((mentioned) => mentioned.userId !== userId);
        await tx
          .updateTable("chat_messages")
          .set({ mentions: JSON.stringify(others) })
          .where("id", "=", row.id)
          .execute();
      }
      for (const { roomId, sequence } of messages) {
        await tx
          .deleteFrom("chat_mentions")
          .where("user_id", "=", Number(userId))
          .where("room_id", "=", roomId)
          .where("sequence", "=", sequence)
          .execute();
      }
    },
  };
}
