import { StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import type { StreamId } from "../../platform/ids.ts";
import type { HomeStore } from "./home-store.ts";

const homeless = { home: "", sound: "" } as const;

/** Homes in SQL: columns of the stream's own row. */
export function createSqlHomeStore(): HomeStore {
  return {
    async take(tx, streamId, before, instance) {
      const { numUpdatedRows } = await tx
        .updateTable("stream_streams")
        .set({ home: instance, home_epoch: before.epoch + 1, source_until: null })
        .where("id", "=", streamId)
        .where("home", "=", before.instance)
        .where("home_epoch", "=", before.epoch)
        .where("status", "in", [StreamStatus.LIVE, StreamStatus.PAUSED])
        .where("deleted_at", "is", null)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows) > 0;
    },
    async setSound(tx, streamId, { instance, epoch }, sound) {
      const { numUpdatedRows } = await tx
        .updateTable("stream_streams")
        .set({ sound: sound.hasSource ? JSON.stringify(sound) : "" })
        .where("id", "=", streamId)
        .where("home", "=", instance)
        .where("home_epoch", "=", epoch)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows) > 0;
    },
    async leaveAll(tx, instance, sourceUntil) {
      await tx
        .updateTable("stream_streams")
        .set({ ...homeless, source_until: sourceUntil })
        .where("home", "=", instance)
        .where("home", "<>", "")
        .execute();
    },
    async orphan(tx, sourceUntil) {
      const rows = await tx
        .updateTable("stream_streams")
        .set({ ...homeless, source_until: sourceUntil })
        .where("home", "<>", "")
        .where("home", "not in", (query) => query.selectFrom("stream_instances").select("id"))
        .returning("id")
        .execute();
      return rows.map((row) => row.id as StreamId);
    },
    async waitAnew(tx, sourceUntil) {
      await tx
        .updateTable("stream_streams")
        .set({ source_until: sourceUntil })
        .where("source_until", "is not", null)
        .execute();
    },
    async waiting(queries, limit) {
      const rows = await queries
        .selectFrom("stream_streams")
        .select(["id", "source_until"])
        .where("source_until", "is not", null)
        .orderBy("source_until")
        .limit(limit)
        .execute();
      return rows.map((row) => ({ streamId: row.id as StreamId, sourceUntil: Number(row.source_until) }));
    },
    async claimOverdue(tx, { streamId, sourceUntil }, until) {
      const { numUpdatedRows } = await tx
        .updateTable("stream_streams")
        .set({ source_until: until })
        .where("id", "=", streamId)
        .where("source_until", "=", sourceUntil)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows) > 0;
    },
  };
}
