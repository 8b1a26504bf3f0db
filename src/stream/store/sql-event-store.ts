import { sql } from "kysely";
import type { Database } from "../../platform/database/database.ts";
import type { StreamId } from "../../platform/ids.ts";
import type { StreamTables } from "../tables.ts";
import type { EventStore } from "./event-store.ts";

/** Events in SQL. */
export function createSqlEventStore(database: Pick<Database<StreamTables>, "read">): EventStore {
  const { read } = database;
  return {
    async takeNumber(tx, streamId, listeners) {
      const row = await tx
        .updateTable("stream_streams")
        .set({
          head_sequence: sql`head_sequence + 1`,
          listener_count: sql`listener_count + ${listeners}`,
        })
        .where("id", "=", streamId)
        .returning(["head_sequence", "listener_count"])
        .executeTakeFirst();
      return row && { sequence: Number(row.head_sequence), listenerCount: row.listener_count };
    },
    async insert(tx, streamId, { sequence, body }) {
      await tx.insertInto("stream_events").values({ stream_id: streamId, sequence, body }).execute();
    },
    async forget(tx, streamId, upTo) {
      await tx.deleteFrom("stream_events").where("stream_id", "=", streamId).where("sequence", "<=", upTo).execute();
      await tx.updateTable("stream_streams").set({ floor_sequence: upTo }).where("id", "=", streamId).execute();
    },
    async ranges(streamIds) {
      const rows = await read
        .selectFrom("stream_streams")
        .select(["id", "head_sequence", "floor_sequence"])
        .where("id", "in", streamIds)
        .where("deleted_at", "is", null)
        .execute();
      return new Map(
        rows.map((row) => [row.id as StreamId, { head: Number(row.head_sequence), floor: Number(row.floor_sequence) }]),
      );
    },
    async after(streamId, sequence, limit) {
      return read
        .selectFrom("stream_events")
        .select(["sequence", "body"])
        .where("stream_id", "=", streamId)
        .where("sequence", ">", sequence)
        .orderBy("sequence")
        .limit(limit)
        .execute();
    },
  };
}
