import { RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import { StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import type { RecordingId } from "../../platform/ids.ts";
import type { RecordingsTable } from "../tables.ts";
import type { RecordingStore, StoredRecording } from "./recording-store.ts";
import { recordingOf } from "./rows.ts";

/** Recordings in SQL. */
export function createSqlRecordingStore(): RecordingStore {
  return {
    async insert(tx, recording) {
      await tx
        .insertInto("stream_recordings")
        .values({
          ...(columnsOf(recording) as Required<ReturnType<typeof columnsOf>>),
          id: recording.id,
          stream_id: recording.streamId,
          started_at: recording.startedAt,
          deleted_at: null,
        })
        .execute();
    },
    async find(queries, recordingId) {
      const row = await queries
        .selectFrom("stream_recordings")
        .selectAll()
        .where("id", "=", recordingId)
        .where("deleted_at", "is", null)
        .executeTakeFirst();
      return row && recordingOf(row);
    },
    async update(tx, recordingId, changes) {
      const columns = columnsOf(changes);
      if (Object.keys(columns).length === 0) return;
      await tx.updateTable("stream_recordings").set(columns).where("id", "=", recordingId).execute();
    },
    async progress(tx, recordingId, { bytes, durationMs }) {
      await tx
        .updateTable("stream_recordings")
        .set({ bytes, duration_ms: Math.round(durationMs) })
        .where("id", "=", recordingId)
        .where("status", "=", RecordingStatus.RECORDING)
        .execute();
    },
    async list(queries, { caller, streamerId, streamId, all }, { before, limit }) {
      const rows = await queries
        .selectFrom("stream_recordings as recording")
        .innerJoin("stream_streams as stream", "stream.id", "recording.stream_id")
        .selectAll("recording")
        .where("recording.deleted_at", "is", null)
        .$if(streamId !== undefined, (query) => query.where("recording.stream_id", "=", streamId as string))
        .$if(streamerId !== undefined, (query) => query.where("recording.streamer_id", "=", Number(streamerId)))
        .$if(!all, (query) =>
          query.where((eb) => {
            const completed = eb("recording.status", "=", RecordingStatus.COMPLETED);
            const listed = eb("stream.visibility", "=", StreamVisibility.PUBLIC);
            return eb.or([
              eb("recording.streamer_id", "=", Number(caller)),
              streamId === undefined ? eb.and([completed, listed]) : completed,
            ]);
          }),
        )
        .$if(before !== undefined, (query) => query.where("recording.id", "<", before as string))
        .orderBy("recording.id", "desc")
        .limit(limit)
        .execute();
      return rows.map(recordingOf);
    },
    async openOf(queries, streamId) {
      const rows = await queries
        .selectFrom("stream_recordings")
        .selectAll()
        .where("stream_id", "=", streamId)
        .where("status", "in", open)
        .where("deleted_at", "is", null)
        .execute();
      return rows.map(recordingOf);
    },
    async orphans(queries, folder) {
      const rows = await queries
        .selectFrom("stream_recordings")
        .selectAll()
        .where("status", "in", open)
        .where("folder", "in", [folder, ""])
        .where("instance", "not in", (query) => query.selectFrom("stream_instances").select("id"))
        .where("deleted_at", "is", null)
        .execute();
      return rows.map(recordingOf);
    },
    async adopt(tx, orphan, instance) {
      const { numUpdatedRows } = await tx
        .updateTable("stream_recordings")
        .set({ instance, status: RecordingStatus.PROCESSING })
        .where("id", "=", orphan.id)
        .where("instance", "=", orphan.instance)
        .where("status", "=", orphan.status)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows) > 0;
    },
    async unkept(queries, folder) {
      const rows = await queries
        .selectFrom("stream_recordings")
        .selectAll()
        .where("folder", "=", folder)
        .where("folder", "<>", "")
        .where("status", "not in", open)
        .where("file_name", "is not", null)
        .where("deleted_at", "is", null)
        .execute();
      return rows.map(recordingOf);
    },
    async startedSince(queries, streamId, at, limit) {
      const rows = await queries
        .selectFrom("stream_recordings")
        .select("id")
        .where("stream_id", "=", streamId)
        .where("started_at", ">=", at)
        .where("deleted_at", "is", null)
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
      return rows.map((row) => row.id as RecordingId);
    },
    async markDeleted(tx, recordingId, at) {
      await tx.updateTable("stream_recordings").set({ deleted_at: at }).where("id", "=", recordingId).execute();
    },
    async beingDeleted(queries, folder) {
      const rows = await queries
        .selectFrom("stream_recordings")
        .selectAll()
        .where("deleted_at", "is not", null)
        .where("folder", "in", [folder, ""])
        .execute();
      return rows.map(recordingOf);
    },
    async remove(tx, recordingId) {
      await tx.deleteFrom("stream_recordings").where("id", "=", recordingId).execute();
    },
  };
}

const open = [RecordingStatus.RECORDING, RecordingStatus.PROCESSING];

/** What is given, as columns: a value of undefined is given too, as null. */
function columnsOf(changes: Partial<StoredRecording>): Partial<RecordingsTable> {
  const columns: Partial<RecordingsTable> = {};
  if (changes.streamerId !== undefined) columns.streamer_id = Number(changes.streamerId);
  if (changes.title !== undefined) columns.title = changes.title;
  if (changes.quality !== undefined) columns.quality = changes.quality;
  if (changes.status !== undefined) columns.status = changes.status;
  if ("fileName" in changes) columns.file_name = changes.fileName ?? null;
  if (changes.contentType !== undefined) columns.content_type = changes.contentType;
  if (changes.bytes !== undefined) columns.bytes = changes.bytes;
  if (changes.durationMs !== undefined) columns.duration_ms = Math.round(changes.durationMs);
  if (changes.peaks !== undefined) columns.peaks = JSON.stringify(changes.peaks);
  if ("endedAt" in changes) columns.ended_at = changes.endedAt ?? null;
  if (changes.error !== undefined) columns.error = changes.error;
  if (changes.instance !== undefined) columns.instance = changes.instance;
  if (changes.folder !== undefined) columns.folder = changes.folder;
  return columns;
}
