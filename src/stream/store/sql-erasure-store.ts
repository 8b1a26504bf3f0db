import { createSqlCursor } from "../../platform/database/cursor.ts";
import { type ListenerId, newId, type StreamId } from "../../platform/ids.ts";
import type { StreamTables } from "../tables.ts";
import type { ErasureStore, EventPlace } from "./erasure-store.ts";
import { withoutUsers } from "./unnamed-event.ts";

/** Erasures in SQL. */
export function createSqlErasureStore(): ErasureStore {
  return {
    followed: createSqlCursor<StreamTables>("stream_cursors", "auth.erased"),
    async streamsOf(queries, userId) {
      const rows = await queries
        .selectFrom("stream_streams")
        .select("id")
        .where("streamer_id", "=", Number(userId))
        .execute();
      return rows.map((row) => row.id as StreamId);
    },
    async unnameStream(tx, streamId, keyHash) {
      await tx
        .updateTable("stream_streams")
        .set({ streamer_id: 0, streamer_username: "", key_hash: keyHash })
        .where("id", "=", streamId)
        .execute();
      await tx.updateTable("stream_recordings").set({ streamer_id: 0 }).where("stream_id", "=", streamId).execute();
    },
    async unnameListeners(tx, userId, limit) {
      const streams = await tx
        .selectFrom("stream_listeners")
        .select("stream_id")
        .distinct()
        .where("user_id", "=", Number(userId))
        .limit(limit)
        .execute();
      for (const { stream_id } of streams) {
        await tx
          .updateTable("stream_listeners")
          .set({ user_id: 0, username: "", person: newId<ListenerId>() })
          .where("user_id", "=", Number(userId))
          .where("stream_id", "=", stream_id)
          .execute();
      }
      return streams.length === limit;
    },
    async forgetUser(tx, userId) {
      await tx.deleteFrom("stream_audience").where("user_id", "=", Number(userId)).execute();
    },
    async eventsNaming(queries, userIds, { after, limit }) {
      const rows = await queries
        .selectFrom("stream_events")
        .select(["stream_id", "sequence", "body"])
        .$if(after !== undefined, (query) =>
          query.where((eb) =>
            eb(
              eb.refTuple("stream_id", "sequence"),
              ">",
              eb.tuple(after?.streamId as string, after?.sequence as number),
            ),
          ),
        )
        .orderBy("stream_id")
        .orderBy("sequence")
        .limit(limit)
        .execute();
      const places = rows.map(
        (row): EventPlace => ({ streamId: row.stream_id as StreamId, sequence: Number(row.sequence) }),
      );
      return {
        naming: places.filter((_, index) => withoutUsers(rows[index]?.body as Uint8Array, userIds) !== undefined),
        next: rows.length === limit ? places.at(-1) : undefined,
      };
    },
    async unnameEvent(tx, { streamId, sequence }, userIds) {
      const row = await tx
        .selectFrom("stream_events")
        .select("body")
        .where("stream_id", "=", streamId)
        .where("sequence", "=", sequence)
        .executeTakeFirst();
      const body = row && withoutUsers(row.body, userIds);
      if (body === undefined) return;
      await tx
        .updateTable("stream_events")
        .set({ body })
        .where("stream_id", "=", streamId)
        .where("sequence", "=", sequence)
        .execute();
    },
  };
}
