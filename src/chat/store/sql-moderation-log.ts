import { type LogEntryId, type MessageId, newId, type RoomId, type UserId } from "../../platform/ids.ts";
import type { LoggedAction, ModerationLog } from "./moderation-log.ts";

/** The moderation log in SQL. */
export function createSqlModerationLog(): ModerationLog {
  return {
    async add(tx, entry) {
      await tx
        .insertInto("chat_moderation_log")
        .values({
          id: newId<LogEntryId>(),
          room_id: entry.roomId,
          actor_id: Number(entry.actorId),
          target_user_id: Number(entry.targetUserId ?? 0),
          target_message_id: entry.targetMessageId ?? "",
          action: entry.action,
          reason: entry.reason,
          created_at: entry.at,
        })
        .execute();
    },
    async list(queries, roomId, { before, limit }) {
      const rows = await queries
        .selectFrom("chat_moderation_log")
        .selectAll()
        .where("room_id", "=", roomId)
        .$if(before !== undefined, (query) => query.where("id", "<", before as string))
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        roomId: row.room_id as RoomId,
        actorId: String(row.actor_id) as UserId,
        ...(row.target_user_id !== 0 && { targetUserId: String(row.target_user_id) as UserId }),
        ...(row.target_message_id !== "" && { targetMessageId: row.target_message_id as MessageId }),
        action: row.action as LoggedAction,
        reason: row.reason,
        at: Number(row.created_at),
      }));
    },
  };
}
