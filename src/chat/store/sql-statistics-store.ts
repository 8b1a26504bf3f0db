import type { StatisticsStore } from "./statistics-store.ts";

/** Sums in SQL. */
export function createSqlStatisticsStore(): StatisticsStore {
  return {
    async messagesSince(queries, roomId, since) {
      const { count } = await queries
        .selectFrom("chat_messages")
        .select((eb) => eb.fn.countAll().as("count"))
        .where("room_id", "=", roomId)
        .where("created_at", ">=", since)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async sendersSince(queries, roomId, since) {
      const { count } = await queries
        .selectFrom("chat_messages")
        .select((eb) => eb.fn.count("sender_id").distinct().as("count"))
        .where("room_id", "=", roomId)
        .where("created_at", ">=", since)
        .where("sender_id", "!=", 0)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async counted(queries, userId) {
      const row = await queries
        .selectFrom("chat_sent_counts")
        .select(["counted_to", "messages"])
        .where("user_id", "=", Number(userId))
        .executeTakeFirst();
      return { upTo: Number(row?.counted_to ?? -1), messages: Number(row?.messages ?? 0) };
    },
    async messagesBetween(queries, userId, after, upTo) {
      const { count } = await queries
        .selectFrom("chat_messages")
        .select((eb) => eb.fn.countAll().as("count"))
        .where("sender_id", "=", Number(userId))
        .where("created_at", ">", after)
        .where("created_at", "<=", upTo)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async remember(tx, userId, { upTo, messages }) {
      await tx
        .insertInto("chat_sent_counts")
        .values({ user_id: Number(userId), counted_to: upTo, messages })
        .onConflict((conflict) => conflict.column("user_id").doUpdateSet({ counted_to: upTo, messages }))
        .execute();
    },
    async lastActivityOf(queries, userId) {
      const sent = await queries
        .selectFrom("chat_messages")
        .select("created_at as at")
        .where("sender_id", "=", Number(userId))
        .orderBy("created_at", "desc")
        .limit(1)
        .executeTakeFirst();
      const joined = await queries
        .selectFrom("chat_members")
        .select((eb) => eb.fn.max("joined_at").as("at"))
        .where("user_id", "=", Number(userId))
        .executeTakeFirst();
      const latest = Math.max(Number(sent?.at ?? 0), Number(joined?.at ?? 0));
      return latest === 0 ? undefined : latest;
    },
  };
}
