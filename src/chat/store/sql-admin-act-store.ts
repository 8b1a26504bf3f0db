import type { RoomId, UserId } from "../../platform/ids.ts";
import type { AdminActStore } from "./admin-act-store.ts";

/** What administrators did, in SQL. Ids sort by time. */
export function createSqlAdminActStore(): AdminActStore {
  return {
    async insert(tx, { id, at, actorId, action, targetUserId, targetRoomId, details }) {
      await tx
        .insertInto("chat_admin_acts")
        .values({
          id,
          at,
          actor_id: Number(actorId),
          action,
          target_user_id: Number(targetUserId),
          room_id: targetRoomId,
          details,
        })
        .execute();
    },
    async first(queries, limit) {
      const rows = await queries.selectFrom("chat_admin_acts").selectAll().orderBy("id").limit(limit).execute();
      return rows.map((row) => ({
        id: row.id,
        at: Number(row.at),
        actorId: String(row.actor_id) as UserId,
        action: row.action,
        targetUserId: String(row.target_user_id) as UserId,
        targetRoomId: row.room_id as RoomId,
        details: row.details,
      }));
    },
    async remove(tx, ids) {
      await tx.deleteFrom("chat_admin_acts").where("id", "in", ids).execute();
    },
  };
}
