import { MessageType } from "#gen/veza/chat/v1/message_pb.ts";
import { ReportResolution } from "#gen/veza/chat/v1/moderation_pb.ts";
import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import { MemberRole, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { dateOf, type ExportSection, nameIn } from "../../platform/peers/account-export.ts";
import { filesFrom } from "./attached-files.ts";
import type { ExportStore } from "./export-store.ts";

/** Exports in SQL. Keys are what the rows are sorted by. */
export function createSqlExportStore(): ExportStore {
  return {
    sections(queries) {
      const memberships = (direct: boolean) => (userId: string, after: string, limit: number) =>
        queries
          .selectFrom("chat_members as member")
          .innerJoin("chat_rooms as room", "room.id", "member.room_id")
          .leftJoin("chat_members as other", (join) =>
            join
              .onRef("other.room_id", "=", "member.room_id")
              .onRef("other.user_id", "!=", "member.user_id")
              .on("room.type", "=", RoomType.DIRECT),
          )
          .select(["room.id", "room.name", "member.role", "member.joined_at", "member.last_read_sequence"])
          .select(["other.user_id as other_id", "other.username as other_username"])
          .where("member.user_id", "=", Number(userId))
          .where("room.type", direct ? "=" : "!=", RoomType.DIRECT)
          .where("member.room_id", ">", after)
          .orderBy("member.room_id")
          .limit(limit)
          .execute();

      const rooms: ExportSection = {
        name: "rooms",
        async read(userId, after, limit) {
          const rows = await memberships(false)(userId, after, limit);
          return rows.map(({ id, name, role, joined_at }) => ({
            key: id,
            value: { id, name, role: nameIn(MemberRole, role), joinedAt: dateOf(joined_at) },
          }));
        },
      };
      const conversations: ExportSection = {
        name: "conversations",
        async read(userId, after, limit) {
          const rows = await memberships(true)(userId, after, limit);
          return rows.map(({ id, other_id, other_username, joined_at }) => ({
            key: id,
            value: {
              roomId: id,
              otherUserId: other_id === null ? null : String(other_id),
              otherUsername: other_username ?? "",
              startedAt: dateOf(joined_at),
            },
          }));
        },
      };
      const messages: ExportSection = {
        name: "messages",
        async read(userId, after, limit) {
          const [at = 0, last = ""] = after === "" ? [] : (JSON.parse(after) as [number, string]);
          const rows = await queries
            .selectFrom("chat_messages")
            .selectAll()
            .where("sender_id", "=", Number(userId))
            .where((eb) => eb(eb.refTuple("created_at", "id"), ">", eb.tuple(at, last)))
            .orderBy("created_at")
            .orderBy("id")
            .limit(limit)
            .execute();
          return rows.map((row) => ({
            key: JSON.stringify([Number(row.created_at), row.id]),
            value: {
              id: row.id,
              roomId: row.room_id,
              type: nameIn(MessageType, row.type),
              content: row.content,
              sentAt: dateOf(row.created_at),
              changedAt: dateOf(row.updated_at),
              isEdited: row.is_edited !== 0,
              isDeleted: row.is_deleted !== 0,
              replyTo: row.reply_to,
              files: filesFrom(row.attachments).map(({ id }) => id),
            },
          }));
        },
      };
      const reactions: ExportSection = {
        name: "reactions",
        async read(userId, after, limit) {
          const [message = "", emoji = ""] = after === "" ? [] : (JSON.parse(after) as [string, string]);
          const rows = await queries
            .selectFrom("chat_reactions")
            .select(["message_id", "emoji"])
            .where("user_id", "=", Number(userId))
            .where((eb) => eb(eb.refTuple("message_id", "emoji"), ">", eb.tuple(message, emoji)))
            .orderBy("message_id")
            .orderBy("emoji")
            .limit(limit)
            .execute();
          return rows.map((row) => ({
            key: JSON.stringify([row.message_id, row.emoji]),
            value: { messageId: row.message_id, emoji: row.emoji },
          }));
        },
      };
      const files: ExportSection = {
        name: "files",
        async read(userId, after, limit) {
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
          return rows.map((row) => ({
            key: row.id,
            value: {
              id: row.id,
              name: row.name,
              contentType: row.content_type,
              size: Number(row.size),
              messageId: row.message_id,
              sentAt: dateOf(row.created_at),
            },
          }));
        },
      };
      const reports: ExportSection = {
        name: "reports",
        async read(userId, after, limit) {
          const rows = await queries
            .selectFrom("chat_reports")
            .selectAll()
            .where("reported_by", "=", Number(userId))
            .where("id", ">", after)
            .orderBy("id")
            .limit(limit)
            .execute();
          return rows.map((row) => ({
            key: row.id,
            value: {
              id: row.id,
              roomId: row.room_id,
              messageId: row.message_id,
              reason: row.reason,
              reportedAt: dateOf(row.created_at),
              resolution: nameIn(ReportResolution, row.resolution),
            },
          }));
        },
      };
      const blocks: ExportSection = {
        name: "blocks",
        async read(userId, after, limit) {
          const rows = await queries
            .selectFrom("chat_blocks")
            .select("blocked_id")
            .where("user_id", "=", Number(userId))
            .where("blocked_id", ">", Number(after))
            .orderBy("blocked_id")
            .limit(limit)
            .execute();
          return rows.map(({ blocked_id }) => ({ key: String(blocked_id), value: { userId: String(blocked_id) } }));
        },
      };
      const status: ExportSection = {
        name: "status",
        async read(userId, after) {
          if (after !== "") return [];
          const rows = await queries
            .selectFrom("chat_statuses")
            .selectAll()
            .where("user_id", "=", Number(userId))
            .execute();
          return rows.map((row) => ({
            key: "status",
            value: { status: nameIn(PresenceStatus, row.status), text: row.text, lastSeenAt: dateOf(row.last_seen_at) },
          }));
        },
      };
      return [rooms, conversations, messages, reactions, files, reports, blocks, status];
    },
  };
}
