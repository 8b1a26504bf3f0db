import type { Queries } from "../../platform/database/database.ts";
import type { MessageId, RoomId, UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { ChatTables } from "../tables.ts";
import type { Reaction, ReactionStore } from "./reaction-store.ts";
import { type ReactionSum, reactionsFrom, reactionsToText, withoutReaction, withReaction } from "./reaction-sums.ts";

type Tx = Queries<ChatTables>;

/** Reactions in SQL. */
export function createSqlReactionStore(): ReactionStore {
  async function changeSums(
    tx: Tx,
    messageId: MessageId,
    change: (sums: readonly ReactionSum[]) => readonly ReactionSum[],
  ): Promise<void> {
    const { reactions } = await tx
      .selectFrom("chat_messages")
      .select("reactions")
      .where("id", "=", messageId)
      .executeTakeFirstOrThrow();
    await tx
      .updateTable("chat_messages")
      .set({ reactions: reactionsToText(change(reactionsFrom(reactions))) })
      .where("id", "=", messageId)
      .execute();
  }

  async function firstWith(tx: Tx, { messageId, emoji }: Reaction): Promise<UserId[]> {
    const rows = await tx
      .selectFrom("chat_reactions")
      .select("user_id")
      .where("message_id", "=", messageId)
      .where("emoji", "=", emoji)
      .orderBy("sequence")
      .limit(limits.chat.reactionUsersNamed)
      .execute();
    return rows.map((row) => String(row.user_id) as UserId);
  }

  return {
    async has(queries, { messageId, emoji, userId }) {
      const row = await queries
        .selectFrom("chat_reactions")
        .select("sequence")
        .where("message_id", "=", messageId)
        .where("emoji", "=", emoji)
        .where("user_id", "=", Number(userId))
        .executeTakeFirst();
      return row !== undefined;
    },

    async add(tx, { messageId, emoji, userId }, sequence) {
      await tx
        .insertInto("chat_reactions")
        .values({ message_id: messageId, emoji, user_id: Number(userId), sequence })
        .execute();
      await changeSums(tx, messageId, (sums) => withReaction(sums, emoji, userId));
    },

    async remove(tx, reaction) {
      const { messageId, emoji, userId } = reaction;
      await tx
        .deleteFrom("chat_reactions")
        .where("message_id", "=", messageId)
        .where("emoji", "=", emoji)
        .where("user_id", "=", Number(userId))
        .execute();
      const first = await firstWith(tx, reaction);
      await changeSums(tx, messageId, (sums) => withoutReaction(sums, emoji, first));
    },

    async ofUser(queries, userId, limit) {
      const rows = await queries
        .selectFrom("chat_reactions as reaction")
        .innerJoin("chat_messages as message", "message.id", "reaction.message_id")
        .select(["reaction.message_id", "reaction.emoji", "message.room_id"])
        .where("reaction.user_id", "=", Number(userId))
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        messageId: row.message_id as MessageId,
        emoji: row.emoji,
        userId,
        roomId: row.room_id as RoomId,
      }));
    },
  };
}
