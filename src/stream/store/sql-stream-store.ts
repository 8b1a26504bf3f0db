import { type StreamCategory, StreamSort, StreamStatus, StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { StreamsTable, StreamTables } from "../tables.ts";
import { titleKey } from "../title-key.ts";
import { streamOf } from "./rows.ts";
import type { ActiveSort, StoredStream, StreamStore } from "./stream-store.ts";

/** The orders of the list of streams on air: the column, and whether the greatest comes first. */
const orders: Readonly<
  Record<ActiveSort, { column: "listener_count" | "started_at" | "total_listeners" | "title_key"; descends: boolean }>
> = {
  [StreamSort.LISTENERS]: { column: "listener_count", descends: true },
  [StreamSort.RECENT]: { column: "started_at", descends: true },
  [StreamSort.POPULAR]: { column: "total_listeners", descends: true },
  [StreamSort.TITLE]: { column: "title_key", descends: false },
};

/** Streams in SQL. */
export function createSqlStreamStore(): StreamStore {
  return {
    async insert(tx, stream) {
      const { id, createdAt, keyHash, streamerId, streamerUsername, ...settings } = stream;
      await tx
        .insertInto("stream_streams")
        .values({
          ...(columnsOf(settings) as Required<ReturnType<typeof columnsOf>>),
          id,
          streamer_id: Number(streamerId),
          streamer_username: streamerUsername,
          created_at: createdAt,
          key_hash: keyHash,
          status: StreamStatus.CREATED,
          error: "",
          awaits_source: 0,
          started_at: null,
          ended_at: null,
          metadata: JSON.stringify({ currentTrack: "", artist: "", album: "", genre: "", customFields: {} }),
          volume: 100,
          listener_count: 0,
          total_listeners: 0,
          recording_id: null,
          summary: null,
          head_sequence: 0,
          floor_sequence: 0,
          home: "",
          home_epoch: 0,
          source_until: null,
          sound: "",
          deleted_at: null,
        })
        .execute();
    },
    async find(queries, streamId) {
      const row = await queries.selectFrom("stream_streams").selectAll().where("id", "=", streamId).executeTakeFirst();
      return row && streamOf(row);
    },
    async findSome(queries, streamIds) {
      if (streamIds.length === 0) return [];
      const rows = await queries.selectFrom("stream_streams").selectAll().where("id", "in", streamIds).execute();
      return rows.map(streamOf);
    },
    async silence(tx, streamId) {
      await tx
        .updateTable("stream_streams")
        .set({ home: "", source_until: null, sound: "" })
        .where("id", "=", streamId)
        .execute();
    },
    async update(tx, streamId, changes) {
      const columns = columnsOf(changes);
      if (Object.keys(columns).length === 0) return;
      await tx.updateTable("stream_streams").set(columns).where("id", "=", streamId).execute();
    },
    async delete(tx, streamId, at) {
      await tx
        .updateTable("stream_streams")
        .set({ deleted_at: at, listener_count: 0, key_hash: new Uint8Array(32) })
        .where("id", "=", streamId)
        .execute();
      await tx.deleteFrom("stream_events").where("stream_id", "=", streamId).execute();
    },
    async countOf(queries, streamerId) {
      const { count } = await mine(queries, streamerId)
        .select((eb) => eb.fn.countAll().as("count"))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async listOf(queries, streamerId, { before, limit }) {
      const rows = await mine(queries, streamerId)
        .selectAll()
        .$if(before !== undefined, (query) => query.where("id", "<", before as string))
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
      return rows.map(streamOf);
    },
    async listActive(queries, { category, sort }, { after, limit }) {
      const { column, descends } = orders[sort];
      const direction = descends ? "desc" : "asc";
      const rows = await active(queries, category)
        .selectAll()
        .$if(after !== undefined, (query) =>
          query.where((eb) =>
            eb(eb.refTuple(column, "id"), descends ? "<" : ">", eb.tuple(after?.by as never, after?.id as string)),
          ),
        )
        .orderBy(column, direction)
        .orderBy("id", direction)
        .limit(limit)
        .execute();
      return rows.map(streamOf);
    },
    async countActive(queries, category) {
      const { count } = await active(queries, category)
        .select((eb) => eb.fn.countAll().as("count"))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async deletedWithRoom(queries) {
      const rows = await queries
        .selectFrom("stream_streams")
        .selectAll()
        .where("deleted_at", "is not", null)
        .where("owns_room", "=", 1)
        .execute();
      return rows.map(streamOf);
    },
    placeOf(stream, sort) {
      const by: Record<ActiveSort, string | number> = {
        [StreamSort.LISTENERS]: stream.listenerCount,
        [StreamSort.RECENT]: stream.startedAt ?? 0,
        [StreamSort.POPULAR]: stream.totalListeners,
        [StreamSort.TITLE]: titleKey(stream.title),
      };
      return { by: by[sort], id: stream.id };
    },
  };
}

const onAir = [StreamStatus.LIVE, StreamStatus.PAUSED];

function mine(queries: Queries<StreamTables>, streamerId: string) {
  return queries
    .selectFrom("stream_streams")
    .where("streamer_id", "=", Number(streamerId))
    .where("deleted_at", "is", null);
}

function active(queries: Queries<StreamTables>, category: StreamCategory | undefined) {
  return queries
    .selectFrom("stream_streams")
    .where("status", "in", onAir)
    .where("visibility", "=", StreamVisibility.PUBLIC)
    .where("deleted_at", "is", null)
    .$if(category !== undefined, (query) => query.where("category", "=", category as number));
}

/** What is given, as columns: a value of undefined is given too, as null. */
function columnsOf(changes: Partial<StoredStream>): Partial<StreamsTable> {
  const columns: Partial<StreamsTable> = {};
  if (changes.title !== undefined) {
    columns.title = changes.title;
    columns.title_key = titleKey(changes.title);
  }
  if (changes.description !== undefined) columns.description = changes.description;
  if (changes.category !== undefined) columns.category = changes.category;
  if (changes.visibility !== undefined) columns.visibility = changes.visibility;
  if (changes.defaultQuality !== undefined) columns.default_quality = changes.defaultQuality;
  if ("roomId" in changes) columns.room_id = changes.roomId ?? null;
  if (changes.ownsRoom !== undefined) columns.owns_room = changes.ownsRoom ? 1 : 0;
  if (changes.status !== undefined) columns.status = changes.status;
  if (changes.error !== undefined) columns.error = changes.error;
  if (changes.awaitsSource !== undefined) columns.awaits_source = changes.awaitsSource ? 1 : 0;
  if ("startedAt" in changes) columns.started_at = changes.startedAt ?? null;
  if ("endedAt" in changes) columns.ended_at = changes.endedAt ?? null;
  if (changes.metadata !== undefined) columns.metadata = JSON.stringify(changes.metadata);
  if (changes.volume !== undefined) columns.volume = changes.volume;
  if ("recordingId" in changes) columns.recording_id = changes.recordingId ?? null;
  if ("summary" in changes) columns.summary = changes.summary ?? null;
  if (changes.keyHash !== undefined) columns.key_hash = changes.keyHash;
  return columns;
}
