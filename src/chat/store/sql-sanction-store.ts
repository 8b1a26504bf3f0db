import { sanctionOf } from "./rows.ts";
import type { SanctionStore } from "./sanction-store.ts";

/** Mutes and bans in SQL. */
export function createSqlSanctionStore(): SanctionStore {
  return {
    async put(tx, sanction) {
      await tx
        .insertInto("chat_sanctions")
        .values({
          id: sanction.id,
          room_id: sanction.roomId,
          user_id: Number(sanction.userId),
          username: sanction.username,
          kind: sanction.kind,
          reason: sanction.reason,
          created_by: Number(sanction.createdBy),
          created_at: sanction.createdAt,
          expires_at: sanction.expiresAt,
        })
        .onConflict((conflict) =>
          conflict.columns(["room_id", "user_id", "kind"]).doUpdateSet((eb) => ({
            id: eb.ref("excluded.id"),
            username: eb.ref("excluded.username"),
            reason: eb.ref("excluded.reason"),
            created_by: eb.ref("excluded.created_by"),
            created_at: eb.ref("excluded.created_at"),
            expires_at: eb.ref("excluded.expires_at"),
          })),
        )
        .execute();
    },
    async find(queries, roomId, userId, kind) {
      const row = await queries
        .selectFrom("chat_sanctions")
        .selectAll()
        .where("room_id", "=", roomId)
        .where("user_id", "=", Number(userId))
        .where("kind", "=", kind)
        .executeTakeFirst();
      return row && sanctionOf(row);
    },
    async remove(tx, sanctionId) {
      await tx.deleteFrom("chat_sanctions").where("id", "=", sanctionId).execute();
    },
    async list(queries, roomId, { before, limit }, now) {
      const rows = await queries
        .selectFrom("chat_sanctions")
        .selectAll()
        .where("room_id", "=", roomId)
        .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
        .$if(before !== undefined, (query) => query.where("id", "<", before as string))
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
      return rows.map(sanctionOf);
    },
    async ranOut(queries, now, limit) {
      const rows = await queries
        .selectFrom("chat_sanctions")
        .selectAll()
        .where("expires_at", "is not", null)
        .where("expires_at", "<=", now)
        .orderBy("expires_at")
        .limit(limit)
        .execute();
      return rows.map(sanctionOf);
    },
  };
}
