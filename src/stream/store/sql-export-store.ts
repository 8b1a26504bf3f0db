import { RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import { StreamCategory, StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { dateOf, type ExportSection, nameIn } from "../../platform/peers/account-export.ts";
import type { ExportStore } from "./export-store.ts";

/** Exports in SQL. Keys are what the rows are sorted by. */
export function createSqlExportStore(): ExportStore {
  return {
    sections(queries) {
      const streams: ExportSection = {
        name: "streams",
        async read(userId, after, limit) {
          const rows = await queries
            .selectFrom("stream_streams")
            .selectAll()
            .where("streamer_id", "=", Number(userId))
            .where("deleted_at", "is", null)
            .where("id", ">", after)
            .orderBy("id")
            .limit(limit)
            .execute();
          return rows.map((row) => ({
            key: row.id,
            value: {
              id: row.id,
              title: row.title,
              description: row.description,
              category: nameIn(StreamCategory, row.category),
              visibility: nameIn(StreamVisibility, row.visibility),
              createdAt: dateOf(row.created_at),
              lastStartedAt: dateOf(row.started_at),
              lastEndedAt: dateOf(row.ended_at),
            },
          }));
        },
      };
      const recordings: ExportSection = {
        name: "recordings",
        async read(userId, after, limit) {
          const rows = await queries
            .selectFrom("stream_recordings")
            .selectAll()
            .where("streamer_id", "=", Number(userId))
            .where("deleted_at", "is", null)
            .where("id", ">", after)
            .orderBy("id")
            .limit(limit)
            .execute();
          return rows.map((row) => ({
            key: row.id,
            value: {
              id: row.id,
              streamId: row.stream_id,
              title: row.title,
              status: nameIn(RecordingStatus, row.status),
              contentType: row.content_type,
              size: Number(row.bytes),
              durationMs: Number(row.duration_ms),
              startedAt: dateOf(row.started_at),
              endedAt: dateOf(row.ended_at),
            },
          }));
        },
      };
      const listening: ExportSection = {
        name: "listeningHistory",
        async read(userId, after, limit) {
          const rows = await queries
            .selectFrom("stream_listeners")
            .selectAll()
            .where("user_id", "=", Number(userId))
            .where("id", ">", after)
            .orderBy("id")
            .limit(limit)
            .execute();
          return rows.map((row) => ({
            key: row.id,
            value: {
              streamId: row.stream_id,
              streamTitle: row.stream_title,
              country: row.country,
              joinedAt: dateOf(row.joined_at),
              leftAt: dateOf(row.left_at),
              listenedMs: Number(row.listen_ms),
            },
          }));
        },
      };
      return [streams, recordings, listening];
    },
  };
}
