import type { AttachmentId, MessageId, RoomId, UserId } from "../../platform/ids.ts";
import type { AttachmentsTable } from "../tables.ts";
import type { AttachedFile, Attachment, AttachmentStore } from "./attachment-store.ts";

/** Uploads in SQL. */
export function createSqlAttachmentStore(): AttachmentStore {
  return {
    async usage(queries, userId) {
      const kept = await queries
        .selectFrom("chat_file_usage")
        .select("bytes")
        .where("user_id", "=", Number(userId))
        .executeTakeFirst();
      const { unattached } = await queries
        .selectFrom("chat_attachments")
        .select((eb) => eb.fn.countAll().as("unattached"))
        .where("uploader_id", "=", Number(userId))
        .where("collect_at", ">", 0)
        .executeTakeFirstOrThrow();
      return { bytes: Number(kept?.bytes ?? 0), unattached: Number(unattached) };
    },

    async begin(tx, { id, uploaderId, at, collectAt }) {
      await tx
        .insertInto("chat_attachments")
        .values({
          id,
          uploader_id: Number(uploaderId),
          room_id: null,
          message_id: null,
          name: "",
          content_type: "",
          size: 0,
          width: 0,
          height: 0,
          has_thumbnail: 0,
          is_complete: 0,
          created_at: at,
          collect_at: collectAt,
          due_at: collectAt,
        })
        .execute();
    },

    async finish(tx, uploaderId, file) {
      const done = await tx
        .updateTable("chat_attachments")
        .set({
          name: file.name,
          content_type: file.contentType,
          size: file.size,
          width: file.width ?? 0,
          height: file.height ?? 0,
          has_thumbnail: Number(file.hasThumbnail),
          is_complete: 1,
        })
        .where("id", "=", file.id)
        .where("collect_at", ">", 0)
        .returning("id")
        .execute();
      if (done.length === 0) return false;
      await tx
        .insertInto("chat_file_usage")
        .values({ user_id: Number(uploaderId), bytes: file.size })
        .onConflict((conflict) =>
          conflict.column("user_id").doUpdateSet((eb) => ({
            bytes: eb("chat_file_usage.bytes", "+", eb.ref("excluded.bytes")),
          })),
        )
        .execute();
      return true;
    },

    async abandon(tx, id) {
      await tx
        .updateTable("chat_attachments")
        .set({ collect_at: 0, due_at: 0, is_complete: 1 })
        .where("id", "=", id)
        .execute();
    },

    async find(queries, id) {
      const row = await queries
        .selectFrom("chat_attachments")
        .selectAll()
        .where("id", "=", id)
        .where("is_complete", "=", 1)
        .where((eb) => eb.or([eb("collect_at", "is", null), eb("collect_at", ">", 0)]))
        .executeTakeFirst();
      return row && attachmentOf(row);
    },

    async unattached(tx, userId, ids) {
      const rows = await tx
        .selectFrom("chat_attachments")
        .selectAll()
        .where("id", "in", ids)
        .where("uploader_id", "=", Number(userId))
        .where("is_complete", "=", 1)
        .where("collect_at", ">", 0)
        .execute();
      return rows.map(fileOf);
    },

    async attach(tx, ids, { roomId, messageId }) {
      const attached = await tx
        .updateTable("chat_attachments")
        .set({ room_id: roomId, message_id: messageId, collect_at: null })
        .where("id", "in", ids)
        .where("collect_at", ">", 0)
        .returning("id")
        .execute();
      return attached.length;
    },

    async drop(tx, ids) {
      await tx
        .updateTable("chat_attachments")
        .set({ collect_at: 0, due_at: 0, name: "" })
        .where("id", "in", ids)
        .execute();
    },

    async dropOf(tx, userId, limit) {
      const dropped = await tx
        .updateTable("chat_attachments")
        .set({ collect_at: 0, due_at: 0, name: "", uploader_id: 0 })
        .where("id", "in", (eb) =>
          eb.selectFrom("chat_attachments").select("id").where("uploader_id", "=", Number(userId)).limit(limit),
        )
        .returning("id")
        .execute();
      return dropped.length === limit;
    },

    async forgetUsage(tx, userId) {
      await tx.deleteFrom("chat_file_usage").where("user_id", "=", Number(userId)).execute();
    },

    async takeDue(tx, { at, begunBefore, limit }) {
      const taken = await tx
        .updateTable("chat_attachments")
        .set({ collect_at: 0 })
        // Said of the row itself too: it may become part of a message while this waits for it.
        .where("collect_at", "<=", at)
        .where("id", "in", (eb) =>
          eb
            .selectFrom("chat_attachments")
            .select("id")
            .where("due_at", "<=", at)
            .where("collect_at", "<=", at)
            .where((or) => or.or([or("is_complete", "=", 1), or("created_at", "<=", begunBefore)]))
            .orderBy("due_at")
            .limit(limit),
        )
        .returning("id")
        .execute();
      return taken.map(({ id }) => id as AttachmentId);
    },

    async defer(tx, ids, until) {
      await tx.updateTable("chat_attachments").set({ due_at: until }).where("id", "in", ids).execute();
    },

    async forget(tx, ids) {
      const gone = await tx
        .deleteFrom("chat_attachments")
        .where("id", "in", ids)
        .returning(["uploader_id", "size"])
        .execute();
      for (const { uploader_id, size } of gone) {
        await tx
          .updateTable("chat_file_usage")
          .set((eb) => ({ bytes: eb("bytes", "-", Number(size)) }))
          .where("user_id", "=", uploader_id)
          .execute();
      }
    },

    async ofUser(queries, userId, { after, limit }) {
      const rows = await queries
        .selectFrom("chat_attachments")
        .selectAll()
        .where("uploader_id", "=", Number(userId))
        .where("id", ">", after)
        .where("is_complete", "=", 1)
        .where((eb) => eb.or([eb("collect_at", "is", null), eb("collect_at", ">", 0)]))
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(attachmentOf);
    },
  };
}

function fileOf(row: AttachmentsTable): AttachedFile {
  return {
    id: row.id as AttachmentId,
    name: row.name,
    contentType: row.content_type,
    size: Number(row.size),
    ...(row.width > 0 && { width: row.width, height: row.height }),
    hasThumbnail: row.has_thumbnail !== 0,
  };
}

function attachmentOf(row: AttachmentsTable): Attachment {
  const { room_id, message_id } = row;
  const isPlaced = room_id !== null && message_id !== null;
  return {
    ...fileOf(row),
    uploaderId: String(row.uploader_id) as UserId,
    place: isPlaced ? { roomId: room_id as RoomId, messageId: message_id as MessageId } : undefined,
  };
}
