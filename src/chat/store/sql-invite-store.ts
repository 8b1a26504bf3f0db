import type { RoomId, UserId } from "../../platform/ids.ts";
import type { InviteStore } from "./invite-store.ts";

/** Invites in SQL. */
export function createSqlInviteStore(): InviteStore {
  return {
    async insert(tx, invite) {
      await tx
        .insertInto("chat_invites")
        .values({
          code: invite.code,
          room_id: invite.roomId,
          created_by: Number(invite.createdBy),
          created_at: invite.createdAt,
          expires_at: invite.expiresAt,
          max_uses: invite.maxUses,
          uses: invite.uses,
        })
        .execute();
    },
    async find(queries, roomId, code) {
      const row = await queries
        .selectFrom("chat_invites")
        .selectAll()
        .where("code", "=", code)
        .where("room_id", "=", roomId)
        .executeTakeFirst();
      return (
        row && {
          code: row.code,
          roomId: row.room_id as RoomId,
          createdBy: String(row.created_by) as UserId,
          createdAt: Number(row.created_at),
          expiresAt: row.expires_at === null ? null : Number(row.expires_at),
          maxUses: row.max_uses,
          uses: row.uses,
        }
      );
    },
    async use(tx, code) {
      await tx
        .updateTable("chat_invites")
        .set((eb) => ({ uses: eb("uses", "+", 1) }))
        .where("code", "=", code)
        .execute();
    },
    async expire(tx, code, at) {
      await tx.updateTable("chat_invites").set({ expires_at: at }).where("code", "=", code).execute();
    },
    async count(queries, roomId) {
      const { count } = await queries
        .selectFrom("chat_invites")
        .select((eb) => eb.fn.countAll().as("count"))
        .where("room_id", "=", roomId)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async forgetSpent(tx, roomId, now) {
      await tx
        .deleteFrom("chat_invites")
        .where("room_id", "=", roomId)
        .where((eb) =>
          eb.or([eb("expires_at", "<=", now), eb.and([eb("max_uses", ">", 0), eb("uses", ">=", eb.ref("max_uses"))])]),
        )
        .execute();
    },
  };
}
