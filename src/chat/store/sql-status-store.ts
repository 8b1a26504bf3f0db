import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { StatusStore, StoredStatus } from "./status-store.ts";

/** Those whose accounts are not erased: their streams end after that, and nothing of them is to be kept then. */
async function withoutErased(tx: Queries<ChatTables>, userIds: readonly UserId[]): Promise<UserId[]> {
  if (userIds.length === 0) return [];
  const rows = await tx
    .selectFrom("chat_erased_users")
    .select("user_id")
    .where("user_id", "in", userIds.map(Number))
    .execute();
  const erased = new Set(rows.map((row) => String(row.user_id)));
  return userIds.filter((userId) => !erased.has(userId));
}

/** Statuses in SQL. */
export function createSqlStatusStore(): StatusStore {
  return {
    async find(queries, userIds) {
      if (userIds.length === 0) return new Map();
      const rows = await queries
        .selectFrom("chat_statuses")
        .selectAll()
        .where("user_id", "in", userIds.map(Number))
        .execute();
      return new Map(
        rows.map(({ user_id, status, text, last_seen_at }): [UserId, StoredStatus] => [
          String(user_id) as UserId,
          {
            status: status as PresenceStatus,
            text,
            lastSeenAt: last_seen_at === null ? undefined : Number(last_seen_at),
          },
        ]),
      );
    },
    async set(tx, userId, { status, text, seenAt }) {
      if ((await withoutErased(tx, [userId])).length === 0) return;
      await tx
        .insertInto("chat_statuses")
        .values({ user_id: Number(userId), status, text, last_seen_at: seenAt ?? null })
        .onConflict((conflict) =>
          conflict
            .column("user_id")
            .doUpdateSet({ status, text, ...(seenAt !== undefined && { last_seen_at: seenAt }) }),
        )
        .execute();
    },
    async leftAt(tx, userIds, at) {
      for (const userId of await withoutErased(tx, userIds)) {
        await tx
          .insertInto("chat_statuses")
          .values({ user_id: Number(userId), status: PresenceStatus.ONLINE, text: "", last_seen_at: at })
          .onConflict((conflict) =>
            conflict
              .column("user_id")
              .doUpdateSet({ last_seen_at: at })
              .where("chat_statuses.status", "!=", PresenceStatus.OFFLINE),
          )
          .execute();
      }
    },
  };
}
