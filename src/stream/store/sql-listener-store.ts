import { sql } from "kysely";
import type { UserId } from "../../platform/ids.ts";
import type { ListenersTable, SpansTable } from "../tables.ts";
import type { ListenerStore, SessionFacts, Span } from "./listener-store.ts";
import { listenerOf } from "./rows.ts";

/** Listeners in SQL. */
export function createSqlListenerStore(): ListenerStore {
  return {
    async insert(tx, listener) {
      await tx
        .insertInto("stream_listeners")
        .values({
          id: listener.id,
          stream_id: listener.streamId,
          user_id: Number(listener.userId),
          username: listener.username,
          person: listener.person,
          country: listener.country,
          stream_title: listener.streamTitle,
          preferred_quality: listener.preferredQuality,
          actual_quality: listener.actualQuality,
          joined_at: listener.joinedAt,
          left_at: listener.leftAt ?? null,
          seen_at: listener.seenAt,
          idle_since: listener.idleSince ?? null,
          listen_ms: listener.listenMs,
          volume: listener.volume,
          leaves_with_call: listener.leavesWithCall ? 1 : 0,
          instance: listener.instance,
        })
        .execute();
    },
    async find(queries, listenerId) {
      const row = await queries
        .selectFrom("stream_listeners")
        .selectAll()
        .where("id", "=", listenerId)
        .executeTakeFirst();
      return row && listenerOf(row);
    },
    async update(tx, listenerId, changes) {
      const columns: Partial<ListenersTable> = {};
      if (changes.preferredQuality !== undefined) columns.preferred_quality = changes.preferredQuality;
      if (changes.actualQuality !== undefined) columns.actual_quality = changes.actualQuality;
      if (changes.seenAt !== undefined) columns.seen_at = changes.seenAt;
      if ("idleSince" in changes) columns.idle_since = changes.idleSince ?? null;
      if (changes.listenMs !== undefined) columns.listen_ms = changes.listenMs;
      if (changes.volume !== undefined) columns.volume = changes.volume;
      if (Object.keys(columns).length === 0) return;
      await tx.updateTable("stream_listeners").set(columns).where("id", "=", listenerId).execute();
    },
    async seat(tx, { id, instance: before, idleSince }, instance, preferredQuality) {
      const { numUpdatedRows } = await tx
        .updateTable("stream_listeners")
        .set({ instance, idle_since: null, preferred_quality: preferredQuality })
        .where("id", "=", id)
        .where("instance", "=", before)
        .where("idle_since", idleSince === undefined ? "is" : "=", idleSince ?? null)
        .where("left_at", "is", null)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows) > 0;
    },
    async unseat(tx, listenerId, instance, at) {
      await tx
        .updateTable("stream_listeners")
        .set({ idle_since: at })
        .where("id", "=", listenerId)
        .where("instance", "=", instance)
        .execute();
    },
    async markLeft(tx, listenerId, at) {
      const { numUpdatedRows } = await tx
        .updateTable("stream_listeners")
        .set({ left_at: at })
        .where("id", "=", listenerId)
        .where("left_at", "is", null)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows) > 0;
    },
    async meet(tx, streamId, userId) {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto("stream_audience")
        .values({ stream_id: streamId, user_id: Number(userId) })
        .onConflict((conflict) => conflict.columns(["stream_id", "user_id"]).doNothing())
        .executeTakeFirstOrThrow();
      if (Number(numInsertedOrUpdatedRows ?? 0) === 0) return false;
      await tx
        .updateTable("stream_streams")
        .set({ total_listeners: sql`total_listeners + 1` })
        .where("id", "=", streamId)
        .execute();
      return true;
    },
    async there(queries, streamId, { after, limit }) {
      const rows = await queries
        .selectFrom("stream_listeners")
        .selectAll()
        .where("stream_id", "=", streamId)
        .where("left_at", "is", null)
        .$if(after !== undefined, (query) => query.where("id", ">", after as string))
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(listenerOf);
    },
    async thereOf(queries, streamId, userId) {
      const rows = await queries
        .selectFrom("stream_listeners")
        .selectAll()
        .where("user_id", "=", Number(userId))
        .where("stream_id", "=", streamId)
        .where("left_at", "is", null)
        .orderBy("id", "desc")
        .execute();
      return rows.map(listenerOf);
    },
    async countThereOf(queries, userId) {
      const { count } = await queries
        .selectFrom("stream_listeners")
        .select((eb) => eb.fn.countAll().as("count"))
        .where("user_id", "=", Number(userId))
        .where("left_at", "is", null)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async idleBefore(queries, at, limit) {
      const rows = await queries
        .selectFrom("stream_listeners")
        .selectAll()
        .where("idle_since", "is not", null)
        .where((eb) => eb.or([eb("idle_since", "<=", at), eb("leaves_with_call", "=", 1)]))
        .where("left_at", "is", null)
        .orderBy("idle_since")
        .limit(limit)
        .execute();
      return rows.map(listenerOf);
    },
    async leaveRest(tx, streamId, at) {
      await tx
        .updateTable("stream_listeners")
        .set({ left_at: at })
        .where("stream_id", "=", streamId)
        .where("left_at", "is", null)
        .execute();
    },
    async orphan(tx) {
      await tx
        .updateTable("stream_listeners")
        .set((eb) => ({ idle_since: eb.ref("seen_at") }))
        .where("left_at", "is", null)
        .where("idle_since", "is", null)
        .where("instance", "not in", (query) => query.selectFrom("stream_instances").select("id"))
        .execute();
    },
    async setVolume(tx, streamId, volume) {
      await tx
        .updateTable("stream_listeners")
        .set({ volume })
        .where("stream_id", "=", streamId)
        .where("left_at", "is", null)
        .execute();
    },
    async putHeard(tx, some) {
      for (const spans of inParts(some.flatMap((each) => each.spans))) {
        await tx
          .insertInto("stream_spans")
          .values(spans.map(rowOfSpan))
          .onConflict((conflict) =>
            conflict
              .columns(["listener_id", "number"])
              .doUpdateSet((eb) => ({ to_at: eb.ref("excluded.to_at"), ms: eb.ref("excluded.ms") })),
          )
          .execute();
      }
      for (const part of inParts(some)) {
        const rows = part.map(
          ({ listenerId, listenMs, quality, seenAt }) =>
            sql`(cast(${listenerId} as text), cast(${listenMs} as bigint), cast(${quality} as integer), cast(${seenAt} as bigint))`,
        );
        await sql`
          update stream_listeners
          set listen_ms = heard.column2, actual_quality = heard.column3, seen_at = heard.column4
          from (values ${sql.join(rows)}) as heard
          where stream_listeners.id = heard.column1
        `.execute(tx);
      }
    },
    async nextSpan(queries, listenerId) {
      const { last } = await queries
        .selectFrom("stream_spans")
        .select((eb) => eb.fn.max("number").as("last"))
        .where("listener_id", "=", listenerId)
        .executeTakeFirstOrThrow();
      return last === null ? 0 : Number(last) + 1;
    },
    async sessionsIn(queries, streamId, from, to) {
      const rows = await queries
        .selectFrom("stream_listeners")
        .select(["id", "person", "country", "joined_at", "left_at"])
        .where("stream_id", "=", streamId)
        .where("joined_at", "<", to)
        .where((eb) => eb.or([eb("left_at", "is", null), eb("left_at", ">", from), eb("joined_at", ">=", from)]))
        .orderBy("id")
        .execute();
      return rows.map((row) => ({
        id: row.id as SessionFacts["id"],
        person: row.person,
        country: row.country,
        joinedAt: Number(row.joined_at),
        leftAt: row.left_at === null ? undefined : Number(row.left_at),
      }));
    },
    async spansIn(queries, streamId, from, to) {
      const rows = await queries
        .selectFrom("stream_spans")
        .selectAll()
        .where("stream_id", "=", streamId)
        .where("to_at", ">", from)
        .where("from_at", "<", to)
        .execute();
      return rows.map((row) => ({
        listenerId: row.listener_id as Span["listenerId"],
        number: row.number,
        streamId,
        quality: row.quality as Span["quality"],
        fromAt: Number(row.from_at),
        toAt: Number(row.to_at),
        ms: Number(row.ms),
      }));
    },
    async historyOf(queries, userId, { before, limit }) {
      const rows = await queries
        .selectFrom("stream_listeners as listener")
        .innerJoin("stream_streams as stream", "stream.id", "listener.stream_id")
        .selectAll("listener")
        .select(["stream.streamer_id", "stream.streamer_username"])
        .where("listener.user_id", "=", Number(userId))
        .$if(before !== undefined, (query) => query.where("listener.id", "<", before as string))
        .orderBy("listener.id", "desc")
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        listener: listenerOf(row),
        streamerId: String(row.streamer_id) as UserId,
        streamerUsername: row.streamer_username,
      }));
    },
  };
}

/** As many rows as one statement has: many, so that each costs little, and often as many, so that they are prepared once. */
const rowsAtOnce = 100;

function inParts<Each>(all: readonly Each[]): Each[][] {
  return Array.from({ length: Math.ceil(all.length / rowsAtOnce) }, (_, at) =>
    all.slice(at * rowsAtOnce, (at + 1) * rowsAtOnce),
  );
}

function rowOfSpan({ listenerId, number, streamId, quality, fromAt, toAt, ms }: Span): SpansTable {
  return {
    listener_id: listenerId,
    number,
    stream_id: streamId,
    quality,
    from_at: fromAt,
    to_at: toAt,
    ms: Math.round(ms),
  };
}
