import type { Queries } from "../database/database.ts";
import type { RequestStore, RequestsTable } from "./request-store.ts";

/** Answered calls in SQL, in the table of this name. */
export function createSqlRequestStore<Tables>(table: keyof Tables & string): RequestStore<Tables> {
  // Whatever it is called, it has the columns of every such table.
  type Own = Queries<{ requests: RequestsTable }>;
  const own = (queries: Queries<Tables>) => queries as unknown as Own;
  const name = table as string as "requests";

  return {
    async find(queries, userId, requestId) {
      const row = await own(queries)
        .selectFrom(name)
        .selectAll()
        .where("user_id", "=", Number(userId))
        .where("request_id", "=", requestId)
        .executeTakeFirst();
      return (
        row && { userId, requestId, digest: row.digest, resultId: row.result_id, createdAt: Number(row.created_at) }
      );
    },
    async put(tx, request) {
      const { digest, resultId: result_id, createdAt: created_at } = request;
      await own(tx)
        .insertInto(name)
        .values({ user_id: Number(request.userId), request_id: request.requestId, digest, result_id, created_at })
        .onConflict((conflict) =>
          conflict.columns(["user_id", "request_id"]).doUpdateSet({ digest, result_id, created_at }),
        )
        .execute();
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
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
    async forgetUser(tx, userId) {
      await own(tx).deleteFrom(name).where("user_id", "=", Number(userId)).execute();
    },
  };
}
