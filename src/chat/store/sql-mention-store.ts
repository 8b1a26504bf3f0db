import type { Queries } from "../../platform/database/database.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { MentionStore } from "./mention-store.ts";
import { mentionsFrom } from "./message-row.ts";

/** How many messages one step of an erasure changes. */
const forgottenAtOnce = 200;

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

    async forgetUser(tx, userId) {
      const rows = await tx
        .selectFrom("chat_mentions as mention")
        .innerJoin("chat_messages as message", "message.id", "mention.message_id")
        .select(["mention.room_id", "mention.sequence", "message.id", "message.mentions"])
        .where("mention.user_id", "=", Number(userId))
        .limit(forgottenAtOnce)
        .execute();
      for (const row of rows) {
        const others = mentionsFrom(row.mentions).filter((mentioned) => mentioned.userId !== userId);
        await tx
          .updateTable("chat_messages")
          .set({ mentions: JSON.stringify(others) })
          .where("id", "=", row.id)
          .execute();
        await tx
          .deleteFrom("chat_mentions")
          .where("user_id", "=", Number(userId))
          .where("room_id", "=", row.room_id)
          .where("sequence", "=", row.sequence)
          .execute();
      }
      return rows.length === forgottenAtOnce;
    },
  };
}
