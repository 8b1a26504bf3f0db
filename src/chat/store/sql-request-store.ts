import type { Queries } from "../../platform/database/database.ts";
import { prepared } from "../../platform/database/prepared.ts";
import type { ChatTables, RequestsTable } from "../tables.ts";
import type { RequestStore } from "./request-store.ts";

/** Answered calls in SQL. `build` is only asked for the form of queries; each runs on what its caller hands in. */
export function createSqlRequestStore(build: Queries<ChatTables>): RequestStore {
  // Every message that is sent runs these two.
  const select = prepared((p: { userId: number; requestId: string }) =>
    build.selectFrom("chat_requests").selectAll().where("user_id", "=", p.userId).where("request_id", "=", p.requestId),
  );
  const upsert = prepared((row: Pick<RequestsTable, keyof RequestsTable>) =>
    build
      .insertInto("chat_requests")
      .values({
        user_id: row.user_id,
        request_id: row.request_id,
        digest: row.digest,
        result_id: row.result_id,
        created_at: row.created_at,
      })
      .onConflict((conflict) =>
        conflict.columns(["user_id", "request_id"]).doUpdateSet((eb) => ({
          digest: eb.ref("excluded.digest"),
          result_id: eb.ref("excluded.result_id"),
          created_at: eb.ref("excluded.created_at"),
        })),
      ),
  );

  return {
    async find(queries, userId, requestId) {
      const { rows } = await queries.executeQuery(select({ userId: Number(userId), requestId }));
      const row = rows[0];
      return (
        row && { userId, requestId, digest: row.digest, resultId: row.result_id, createdAt: Number(row.created_at) }
      );
    },
    async put(tx, request) {
      await tx.executeQuery(
        upsert({
          user_id: Number(request.userId),
          request_id: request.requestId,
          digest: request.digest,
          result_id: request.resultId,
          created_at: request.createdAt,
        }),
      );
    },
    async forgetBefore(tx, at, limit) {
      const { numDeletedRows } = await tx
        .deleteFrom("chat_requests")
        .where((eb) =>
          eb(
            eb.refTuple("user_id", "request_id"),
            "in",
            eb
              .selectFrom("chat_requests")
              .select(["user_id", "request_id"])
              .where("created_at", "<", at)
              .orderBy("created_at")
              .limit(limit)
              .$asTuple("user_id", "request_id"),
          ),
        )
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}
