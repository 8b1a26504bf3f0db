import type { Database } from "../platform/database/database.ts";
import type { UserId } from "../platform/ids.ts";
import { nameKey } from "../platform/name-key.ts";
import { accountColumns, accountFromRow, sessionFromRow } from "./rows.ts";
import { revocationsSince } from "./sql-revocations.ts";
import { createSqlWrite } from "./sql-write.ts";
import type { AuthStore } from "./store.ts";
import type { AuthTables } from "./tables.ts";

export function createSqlStore(database: Database<AuthTables>): AuthStore {
  const { read } = database;
  return {
    write: (work, options) => database.write((tx) => work(createSqlWrite(tx)), options),

    async account(id) {
      const row = await read
        .selectFrom("auth_accounts")
        .select(accountColumns)
        .where("id", "=", Number(id))
        .executeTakeFirst();
      return row && accountFromRow(row);
    },

    async accounts(ids) {
      if (ids.length === 0) return [];
      const rows = await read
        .selectFrom("auth_accounts")
        .select(accountColumns)
        .where("id", "in", ids.map(Number))
        .execute();
      return rows.map(accountFromRow);
    },

    async credentials(login) {
      // A user name holds no `@`, so one look in the right index is enough.
      const row = await read
        .selectFrom("auth_accounts")
        .select(["id", "password_hash"])
        .where(login.includes("@") ? "email_key" : "username_key", "=", nameKey(login))
        .executeTakeFirst();
      return row && { userId: String(row.id) as UserId, passwordHash: row.password_hash };
    },

    async passwordHash(id) {
      const row = await read
        .selectFrom("auth_accounts")
        .select("password_hash")
        .where("id", "=", Number(id))
        .executeTakeFirst();
      return row?.password_hash;
    },

    async session(id) {
      const row = await read.selectFrom("auth_sessions").selectAll().where("id", "=", id).executeTakeFirst();
      return row && sessionFromRow(row);
    },

    async sessionsOf(userId, page, now) {
      let query = read
        .selectFrom("auth_sessions")
        .selectAll()
        .where("user_id", "=", Number(userId))
        .where("ended_at", "is", null)
        .where("expires_at", ">", now)
        .orderBy("last_used_at", "desc")
        .orderBy("id", "desc")
        .limit(page.size + 1);
      if (page.after !== undefined) {
        const { lastUsedAt, id } = page.after;
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple("last_used_at", "id"), "<", tuple(lastUsedAt, id as string)),
        );
      }
      return (await query.execute()).map(sessionFromRow);
    },

    async erasedAfter(sequence, atMost) {
      const rows = await read
        .selectFrom("auth_erasures")
        .select(["sequence", "user_id"])
        .where("sequence", ">", sequence)
        .orderBy("sequence")
        .limit(atMost)
        .execute();
      return rows.map((row) => ({ sequence: Number(row.sequence), userId: String(row.user_id) as UserId }));
    },

    async auditLog(before, atMost) {
      let query = read.selectFrom("auth_audit").selectAll().orderBy("sequence", "desc").limit(atMost);
      if (before !== undefined) query = query.where("sequence", "<", before);
      return (await query.execute()).map((row) => ({
        sequence: Number(row.sequence),
        at: Number(row.at),
        actorId: String(row.actor_id) as UserId,
        action: row.action,
        targetUserId: String(row.target_user_id) as UserId,
        ...(row.target_stream_id !== null && { targetStreamId: row.target_stream_id }),
        ...(row.target_room_id !== null && { targetRoomId: row.target_room_id }),
        details: row.details,
      }));
    },

    revocationsSince: (at, after, atMost) => revocationsSince(read, at, after, atMost),

    deleteOldSessions(before, atMost) {
      return database.write(async (tx) => {
        const old = tx
          .selectFrom("auth_sessions")
          .select("id")
          .where((eb) => eb.or([eb("expires_at", "<", before.expired), eb("ended_at", "<", before.ended)]))
          .limit(atMost);
        const { numDeletedRows } = await tx
          .deleteFrom("auth_sessions")
          .where("id", "in", old)
          .executeTakeFirstOrThrow();
        return Number(numDeletedRows);
      });
    },
  };
}
