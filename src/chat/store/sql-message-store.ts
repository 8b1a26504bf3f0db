import type { Queries } from "../../platform/database/database.ts";
import { prepared } from "../../platform/database/prepared.ts";
import type { MessageId, RoomId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import { fromRow, type MessageRow, toRow } from "./message-row.ts";
import type { MessageStore } from "./message-store.ts";
import { withoutAuthor, withoutWords } from "./redacted-event.ts";

/** Messages in SQL. `build` is only asked for the form of queries; each runs on what its caller hands in. */
export function createSqlMessageStore(build: Queries<ChatTables>): MessageStore {
  const insertMessage = prepared((row: MessageRow) =>
    build.insertInto("chat_messages").values({
      id: row.id,
      room_id: row.room_id,
      sequence: row.sequence,
      sender_id: row.sender_id,
      sender_username: row.sender_username,
      content: row.content,
      type: row.type,
      created_at: row.created_at,
      updated_at: row.updated_at,
      is_edited: row.is_edited,
      is_deleted: row.is_deleted,
      reply_to: row.reply_to,
      reply_count: row.reply_count,
      ordinal: row.ordinal,
      mentions: row.mentions,
      reactions: row.reactions,
      pinned_sequence: row.pinned_sequence,
      attachments: row.attachments,
    }),
  );
  const rememberWriting = prepared((p: { roomId: string; userId: number; at: number }) =>
    build
      .updateTable("chat_members")
      .set((eb) => ({ last_message_at: p.at, own_unread: eb("own_unread", "+", 1) }))
      .where("room_id", "=", p.roomId)
      .where("user_id", "=", p.userId),
  );
  const countReply = prepared((p: { roomId: string; messageId: string }) =>
    build
      .updateTable("chat_messages")
      .set((eb) => ({ reply_count: eb("reply_count", "+", 1) }))
      .where("id", "=", p.messageId)
      .where("room_id", "=", p.roomId)
      .where("is_deleted", "=", 0)
      .returning("id"),
  );
  const findMessage = prepared((p: { id: string }) =>
    build.selectFrom("chat_messages").selectAll().where("id", "=", p.id),
  );
  const findSequence = prepared((p: { roomId: string; id: string }) =>
    build.selectFrom("chat_messages").select("sequence").where("id", "=", p.id).where("room_id", "=", p.roomId),
  );
  const selectRange = (direction: "asc" | "desc") =>
    prepared((p: { roomId: string; after: number; before: number; limit: number }) =>
      build
        .selectFrom("chat_messages")
        .selectAll()
        .where("room_id", "=", p.roomId)
        .where("sequence", ">", p.after)
        .where("sequence", "<", p.before)
        .orderBy("sequence", direction)
        .limit(p.limit),
    );
  const selectOldest = selectRange("asc");
  const selectNewest = selectRange("desc");

  async function rewriteEvents(
    tx: Queries<ChatTables>,
    messageIds: readonly string[],
    rewritten: (body: Uint8Array) => Uint8Array,
  ): Promise<void> {
    const events = await tx
      .selectFrom("chat_events")
      .select(["room_id", "sequence", "body"])
      .where("message_id", "in", messageIds)
      .execute();
    for (const event of events) {
      await tx
        .updateTable("chat_events")
        .set({ body: rewritten(event.body) })
        .where("room_id", "=", event.room_id)
        .where("sequence", "=", event.sequence)
        .execute();
    }
  }

  return {
    async insert(tx, message) {
      await tx.executeQuery(insertMessage(toRow(message)));
    },

    async rememberWriting(tx, roomId, userId, at) {
      await tx.executeQuery(rememberWriting({ roomId, userId: Number(userId), at }));
    },

    async countReply(tx, roomId, messageId) {
      const { rows } = await tx.executeQuery(countReply({ roomId, messageId }));
      return rows.length > 0;
    },

    async rewrite(tx, { id, content, mentions }, at) {
      await tx
        .updateTable("chat_messages")
        .set({ content, mentions: JSON.stringify(mentions), is_edited: 1, updated_at: at })
        .where("id", "=", id)
        .execute();
    },

    async blank(tx, messageId, at) {
      await tx
        .updateTable("chat_messages")
        .set({
          content: "",
          is_deleted: 1,
          updated_at: at,
          mentions: "[]",
          attachments: "[]",
          reactions: "[]",
          pinned_sequence: null,
        })
        .where("id", "=", messageId)
        .execute();
      await tx.deleteFrom("chat_reactions").where("message_id", "=", messageId).execute();
      await rewriteEvents(tx, [messageId], withoutWords);
    },

    async setPinned(tx, messageId, sequence) {
      await tx.updateTable("chat_messages").set({ pinned_sequence: sequence }).where("id", "=", messageId).execute();
    },

    async authored(queries, userId, limit) {
      const rows = await queries
        .selectFrom("chat_messages")
        .select(["id", "room_id"])
        .where("sender_id", "=", Number(userId))
        .orderBy("created_at")
        .limit(limit)
        .execute();
      return rows.map((row) => ({ id: row.id as MessageId, roomId: row.room_id as RoomId }));
    },

    async redactAuthor(tx, userId, messageIds) {
      await tx
        .updateTable("chat_messages")
        .set({ sender_id: 0, sender_username: "", attachments: "[]" })
        .where("id", "in", messageIds)
        .execute();
      await rewriteEvents(tx, messageIds, (body) => withoutAuthor(body, userId));
    },

    async find(queries, messageId) {
      const { rows } = await queries.executeQuery(findMessage({ id: messageId }));
      return rows[0] && fromRow(rows[0]);
    },

    async findAll(queries, messageIds) {
      if (messageIds.length === 0) return new Map();
      const rows = await queries.selectFrom("chat_messages").selectAll().where("id", "in", messageIds).execute();
      return new Map(rows.map((row) => [row.id as MessageId, fromRow(row)]));
    },

    async sequenceOf(queries, roomId, messageId) {
      const { rows } = await queries.executeQuery(findSequence({ roomId, id: messageId }));
      return rows[0] && Number(rows[0].sequence);
    },

    async range(queries, { roomId, after = 0, before = Number.MAX_SAFE_INTEGER, nearest, limit }) {
      const select = nearest === "newest" ? selectNewest : selectOldest;
      const { rows } = await queries.executeQuery(select({ roomId, after, before, limit }));
      if (nearest === "oldest") rows.reverse();
      return rows.map(fromRow);
    },

    async answers(queries, messageId, { after, limit }) {
      const rows = await queries
        .selectFrom("chat_messages")
        .selectAll()
        .where("reply_to", "=", messageId)
        .where("sequence", ">", after)
        .orderBy("sequence")
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },

    async pinned(queries, roomId, limit) {
      const rows = await queries
        .selectFrom("chat_messages")
        .selectAll()
        .where("room_id", "=", roomId)
        .where("pinned_sequence", "is not", null)
        .orderBy("pinned_sequence", "desc")
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
  };
}
