import { createSqlCursor } from "../../platform/database/cursor.ts";
import type { RoomId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { ErasureStore, EventPlace } from "./erasure-store.ts";
import { withoutUser } from "./unnamed-event.ts";

/** Erasures in SQL. */
export function createSqlErasureStore(): ErasureStore {
  return {
    followed: createSqlCursor<ChatTables>("chat_cursors", "auth.erased"),
    async mark(tx, userIds) {
      await tx
        .insertInto("chat_erased_users")
        .values([...userIds].map((userId) => ({ user_id: Number(userId) })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    async isMarked(queries, userId) {
      const row = await queries
        .selectFrom("chat_erased_users")
        .select("user_id")
        .where("user_id", "=", Number(userId))
        .executeTakeFirst();
      return row !== undefined;
    },
    async forgetUser(tx, userId) {
      const id = Number(userId);
      await tx.updateTable("chat_sanctions").set({ username: "" }).where("user_id", "=", id).execute();
      await tx.updateTable("chat_reports").set({ reported_by: 0, reason: "" }).where("reported_by", "=", id).execute();
      await tx.deleteFrom("chat_sent_counts").where("user_id", "=", id).execute();
      await tx.deleteFrom("chat_statuses").where("user_id", "=", id).execute();
      await tx.deleteFrom("chat_requests").where("user_id", "=", id).execute();
      await tx
        .deleteFrom("chat_blocks")
        .where((eb) => eb.or([eb("user_id", "=", id), eb("blocked_id", "=", id)]))
        .execute();
    },
    async eventsNaming(queries, userId, limit) {
      const rows = await queries
        .selectFrom("chat_event_names")
        .select(["room_id", "sequence"])
        .where("user_id", "=", Number(userId))
        .orderBy("room_id")
        .orderBy("sequence")
        .limit(limit)
        .execute();
      return rows.map((row): EventPlace => ({ roomId: row.room_id as RoomId, sequence: Number(row.sequence) }));
    },
    async unnameEvent(tx, { roomId, sequence }, userId) {
      // Read now: deleting a message may have blanked its words since.
      const row = await tx
        .selectFrom("chat_events")
        .select("body")
        .where("room_id", "=", roomId)
        .where("sequence", "=", sequence)
        .executeTakeFirst();
      const body = row && withoutUser(row.body, userId);
      if (body !== undefined) {
        await tx
          .updateTable("chat_events")
          .set({ body })
          .where("room_id", "=", roomId)
          .where("sequence", "=", sequence)
          .execute();
      }
      await tx
        .deleteFrom("chat_event_names")
        .where("user_id", "=", Number(userId))
        .where("room_id", "=", roomId)
        .where("sequence", "=", sequence)
        .execute();
    },
  };
}
