import type { Queries } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import type { RequestStore, RequestsTable } from "./request-store.ts";

/**
 * Answered calls in SQL, in the table of this name. `build` is only asked for the form of queries; each runs on what its
 * caller hands in.
 */
export function createSqlRequestStore<Tables>(
  build: Queries<Tables>,
  table: keyof Tables & string,
): RequestStore<Tables> {
  // Whatever it is called, it has the columns of every such table.
  const own = (queries: Queries<Tables>) => queries as unknown as Queries<{ requests: RequestsTable }>;
  const name = table as string as "requests";

  // Every message that is sent runs these two.
  const select = prepared((p: { userId: number; requestId: string }) =>
    own(build).selectFrom(name).selectAll().where("user_id", "=", p.userId).where("request_id", "=", p.requestId),
  );
  const upsert = prepared((row: Pick<RequestsTable, keyof RequestsTable>) =>
    own(build)
      .insertInto(name)
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
      const { numDeletedRows } = await own(tx)
        .deleteFrom(name)
        .where((eb) =>
          eb(
            eb.refTuple("user_id", "request_id"),
            "in",
            eb
              .selectFrom(name)
              .select(["user_id", "request_id"])
              .where("created_at", "<", at)
              .orderBy("created_at")
              .limit(limit)
              .$asTuple("user_id", "request_id"),
          ),
        )
        // Said of the row itself too: a call may be answered anew while this waits for it.
        .where("created_at", "<", at)
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
    async forgetUser(tx, userId) {
      await own(tx).deleteFrom(name).where("user_id", "=", Number(userId)).execute();
    },
  };
}
