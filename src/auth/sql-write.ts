import type { Queries } from "../platform/database/database.ts";
import type { SessionId, UserId } from "../platform/ids.ts";
import { nameKey } from "../platform/name-key.ts";
import { accountColumns, accountFromRow, rowFromChanges, rowFromSession, sessionFromRow } from "./rows.ts";
import type { AuthWrite } from "./store.ts";
import type { AuthTables, CountersTable } from "./tables.ts";

export function createSqlWrite(tx: Queries<AuthTables>): AuthWrite {
  /** Also a lock that every database knows: whoever moves a counter holds its row until the write is over. */
  async function count(name: CountersTable["name"]): Promise<number> {
    const { value } = await tx
      .updateTable("auth_counters")
      .set((eb) => ({ value: eb("value", "+", 1) }))
      .where("name", "=", name)
      .returning("value")
      .executeTakeFirstOrThrow();
    return Number(value);
  }

  const livingSessionsOf = (userId: UserId) =>
    tx.selectFrom("auth_sessions").where("user_id", "=", Number(userId)).where("ended_at", "is", null);

  async function endSessions(ids: readonly SessionId[], at: number): Promise<void> {
    if (ids.length === 0) return;
    await tx
      .updateTable("auth_sessions")
      .set({ ended_at: at })
      .where("id", "in", ids)
      .where("ended_at", "is", null)
      .execute();
  }

  return {
    countRegistration: () => count("registrations"),

    async addAccount(account) {
      const row = await tx
        .insertInto("auth_accounts")
        .values({
          username: account.username,
          username_key: nameKey(account.username),
          email: account.email,
          email_key: nameKey(account.email),
          first_name: account.firstName,
          last_name: account.lastName,
          role: account.role,
          is_active: 1,
          is_verified: 0,
          password_hash: account.passwordHash,
          created_at: account.createdAt,
          last_login_at: account.lastLoginAt ?? null,
          tokens_valid_from: 0,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning(accountColumns)
        .executeTakeFirst();
      if (row !== undefined) return accountFromRow(row);
      const sameName = await tx
        .selectFrom("auth_accounts")
        .select("id")
        .where("username_key", "=", nameKey(account.username))
        .executeTakeFirst();
      return sameName === undefined ? "email taken" : "username taken";
    },

    async account(id) {
      const row = await tx
        .selectFrom("auth_accounts")
        .select(accountColumns)
        .where("id", "=", Number(id))
        .executeTakeFirst();
      return row && accountFromRow(row);
    },

    async passwordHash(id) {
      const row = await tx
        .selectFrom("auth_accounts")
        .select("password_hash")
        .where("id", "=", Number(id))
        .executeTakeFirst();
      return row?.password_hash;
    },

    async changeAccount(id, changes) {
      const row = await tx
        .updateTable("auth_accounts")
        // Setting a field to itself keeps the statement whole when there is nothing to change.
        .set((eb) => ({ username: eb.ref("username"), ...rowFromChanges(changes) }))
        .where("id", "=", Number(id))
        .returning(accountColumns)
        .executeTakeFirstOrThrow();
      return accountFromRow(row);
    },

    async changeEmail(id, email) {
      const key = nameKey(email);
      const other = await tx
        .selectFrom("auth_accounts")
        .select("id")
        .where("email_key", "=", key)
        .where("id", "<>", Number(id))
        .executeTakeFirst();
      if (other !== undefined) return false;
      await tx
        .updateTable("auth_accounts")
        .set({ email, email_key: key, is_verified: 0 })
        .where("id", "=", Number(id))
        .execute();
      return true;
    },

    async otherActiveAdmins(id) {
      await count("admin_changes");
      const { admins } = await tx
        .selectFrom("auth_accounts")
        .select((eb) => eb.fn.countAll<number>().as("admins"))
        .where("role", "=", "admin")
        .where("is_active", "=", 1)
        .where("id", "<>", Number(id))
        .executeTakeFirstOrThrow();
      return Number(admins);
    },

    async eraseAccount(id, at) {
      await tx.deleteFrom("auth_sessions").where("user_id", "=", Number(id)).execute();
      await tx.deleteFrom("auth_accounts").where("id", "=", Number(id)).execute();
      const sequence = await count("erasures");
      await tx
        .insertInto("auth_erasures")
        .values({ sequence, user_id: Number(id), at })
        .execute();
    },

    async audit({ id, at, actorId, action, targetUserId, targetStreamId, targetRoomId, details }) {
      if (id !== undefined) {
        const known = await tx.selectFrom("auth_audit").select("sequence").where("id", "=", id).executeTakeFirst();
        if (known !== undefined) return;
      }
      await tx
        .insertInto("auth_audit")
        .values({
          sequence: await count("audit"),
          at,
          actor_id: Number(actorId),
          action,
          target_user_id: Number(targetUserId),
          target_stream_id: targetStreamId ?? null,
          target_room_id: targetRoomId ?? null,
          details,
          id: id ?? null,
        })
        .execute();
    },

    async addSession(session) {
      await tx.insertInto("auth_sessions").values(rowFromSession(session)).execute();
    },

    async takeSession(id, at) {
      const row = await tx
        .updateTable("auth_sessions")
        .set({ last_used_at: at })
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirst();
      return row && sessionFromRow(row);
    },

    async rotateSession(id, changes) {
      const row = await tx
        .updateTable("auth_sessions")
        .set((eb) => ({
          counter: eb("counter", "+", 1),
          rotated_at: changes.rotatedAt,
          expires_at: changes.expiresAt,
        }))
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirstOrThrow();
      return sessionFromRow(row);
    },

    endSession: (id, at) => endSessions([id], at),

    async endSessionsOf(userId, at, except) {
      const rows = await livingSessionsOf(userId).select("id").execute();
      const ids = rows.map((row) => row.id as SessionId).filter((id) => id !== except);
      await endSessions(ids, at);
      return ids;
    },

    async endSurplusSessions(userId, keep, at) {
      const rows = await livingSessionsOf(userId)
        .select("id")
        .where("expires_at", ">", at)
        .orderBy("last_used_at", "desc")
        .orderBy("id", "desc")
        .execute();
      const ids = rows.slice(keep).map((row) => row.id as SessionId);
      await endSessions(ids, at);
      return ids;
    },
  };
}
