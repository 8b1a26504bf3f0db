import { sql } from "kysely";
import type { Migrations } from "../platform/database/database.ts";

/** `bytes` is spelled differently: SQLite takes any name for a type, PostgreSQL only its own. */
const bytes = sql`bytea`;

export const streamMigrations: Migrations = {
  "0001_streams": {
    async up(db) {
      await db.schema
        .createTable("stream_streams")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("title", "text", (c) => c.notNull())
        .addColumn("title_key", "text", (c) => c.notNull())
        .addColumn("description", "text", (c) => c.notNull())
        .addColumn("category", "integer", (c) => c.notNull())
        .addColumn("visibility", "integer", (c) => c.notNull())
        .addColumn("default_quality", "integer", (c) => c.notNull())
        .addColumn("streamer_id", "bigint", (c) => c.notNull())
        .addColumn("streamer_username", "text", (c) => c.notNull())
        .addColumn("status", "integer", (c) => c.notNull())
        .addColumn("error", "text", (c) => c.notNull().defaultTo(""))
        .addColumn("room_id", "text")
        .addColumn("owns_room", "integer", (c) => c.notNull().defaultTo(0))
        .addColumn("awaits_source", "integer", (c) => c.notNull().defaultTo(0))
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("started_at", "bigint")
        .addColumn("ended_at", "bigint")
        .addColumn("metadata", "text", (c) => c.notNull())
        .addColumn("key_hash", bytes, (c) => c.notNull())
        .addColumn("volume", "integer", (c) => c.notNull().defaultTo(100))
        .addColumn("listener_count", "integer", (c) => c.notNull().defaultTo(0))
        .addColumn("total_listeners", "integer", (c) => c.notNull().defaultTo(0))
        .addColumn("recording_id", "text")
        .addColumn("summary", bytes)
        .addColumn("head_sequence", "bigint", (c) => c.notNull().defaultTo(0))
        .addColumn("floor_sequence", "bigint", (c) => c.notNull().defaultTo(0))
        .addColumn("deleted_at", "bigint")
        .execute();
      await db.schema
        .createIndex("stream_streams_by_streamer")
        .on("stream_streams")
        .columns(["streamer_id", "deleted_at", "id"])
        .execute();
      // Few streams are on air at once: each order of their list sorts what this finds.
      await db.schema
        .createIndex("stream_streams_by_status")
        .on("stream_streams")
        .columns(["status", "visibility", "category"])
        .execute();
      await db.schema
        .createIndex("stream_streams_deleted_with_room")
        .on("stream_streams")
        .column("id")
        .where(sql.ref("deleted_at"), "is not", null)
        .where(sql.ref("owns_room"), "=", 1)
        .execute();
      await db.schema
        .createTable("stream_listeners")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("stream_id", "text", (c) => c.notNull().references("stream_streams.id"))
        .addColumn("user_id", "bigint", (c) => c.notNull())
        .addColumn("username", "text", (c) => c.notNull())
        .addColumn("person", "text", (c) => c.notNull())
        .addColumn("country", "text", (c) => c.notNull())
        .addColumn("stream_title", "text", (c) => c.notNull())
        .addColumn("preferred_quality", "integer", (c) => c.notNull())
        .addColumn("actual_quality", "integer", (c) => c.notNull())
        .addColumn("joined_at", "bigint", (c) => c.notNull())
        .addColumn("left_at", "bigint")
        .addColumn("seen_at", "bigint", (c) => c.notNull())
        .addColumn("idle_since", "bigint")
        .addColumn("listen_ms", "bigint", (c) => c.notNull().defaultTo(0))
        .addColumn("volume", "integer", (c) => c.notNull())
        .addColumn("leaves_with_call", "integer", (c) => c.notNull())
        .execute();
      await db.schema
        .createIndex("stream_listeners_by_leaving")
        .on("stream_listeners")
        .columns(["stream_id", "left_at"])
        .execute();
      await db.schema
        .createIndex("stream_listeners_there")
        .on("stream_listeners")
        .columns(["stream_id", "id"])
        .where(sql.ref("left_at"), "is", null)
        .execute();
      await db.schema
        .createIndex("stream_listeners_idle")
        .on("stream_listeners")
        .column("idle_since")
        .where(sql.ref("left_at"), "is", null)
        .execute();
      await db.schema
        .createIndex("stream_listeners_by_user")
        .on("stream_listeners")
        .columns(["user_id", "id"])
        .execute();
      await db.schema
        .createTable("stream_spans")
        .addColumn("listener_id", "text", (c) => c.notNull().references("stream_listeners.id"))
        .addColumn("number", "integer", (c) => c.notNull())
        .addColumn("stream_id", "text", (c) => c.notNull())
        .addColumn("quality", "integer", (c) => c.notNull())
        .addColumn("from_at", "bigint", (c) => c.notNull())
        .addColumn("to_at", "bigint", (c) => c.notNull())
        .addColumn("ms", "bigint", (c) => c.notNull())
        .addPrimaryKeyConstraint("stream_spans_key", ["listener_id", "number"])
        .execute();
      await db.schema
        .createIndex("stream_spans_by_stream")
        .on("stream_spans")
        .columns(["stream_id", "to_at"])
        .execute();
      await db.schema
        .createTable("stream_audience")
        .addColumn("stream_id", "text", (c) => c.notNull().references("stream_streams.id"))
        .addColumn("user_id", "bigint", (c) => c.notNull())
        .addPrimaryKeyConstraint("stream_audience_key", ["stream_id", "user_id"])
        .execute();
      await db.schema.createIndex("stream_audience_by_user").on("stream_audience").column("user_id").execute();
      await db.schema
        .createTable("stream_recordings")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("stream_id", "text", (c) => c.notNull().references("stream_streams.id"))
        .addColumn("streamer_id", "bigint", (c) => c.notNull())
        .addColumn("title", "text", (c) => c.notNull())
        .addColumn("quality", "integer", (c) => c.notNull())
        .addColumn("status", "integer", (c) => c.notNull())
        .addColumn("file_name", "text")
        .addColumn("content_type", "text", (c) => c.notNull().defaultTo(""))
        .addColumn("bytes", "bigint", (c) => c.notNull().defaultTo(0))
        .addColumn("duration_ms", "bigint", (c) => c.notNull().defaultTo(0))
        .addColumn("peaks", "text", (c) => c.notNull().defaultTo("[]"))
        .addColumn("started_at", "bigint", (c) => c.notNull())
        .addColumn("ended_at", "bigint")
        .addColumn("error", "text", (c) => c.notNull().defaultTo(""))
        .addColumn("deleted_at", "bigint")
        .execute();
      await db.schema
        .createIndex("stream_recordings_by_stream")
        .on("stream_recordings")
        .columns(["stream_id", "id"])
        .execute();
      await db.schema
        .createIndex("stream_recordings_by_streamer")
        .on("stream_recordings")
        .columns(["streamer_id", "id"])
        .execute();
      await db.schema
        .createIndex("stream_recordings_by_status")
        .on("stream_recordings")
        .columns(["status", "id"])
        .execute();
      await db.schema
        .createTable("stream_events")
        .addColumn("stream_id", "text", (c) => c.notNull().references("stream_streams.id"))
        .addColumn("sequence", "bigint", (c) => c.notNull())
        .addColumn("body", bytes, (c) => c.notNull())
        .addPrimaryKeyConstraint("stream_events_key", ["stream_id", "sequence"])
        .execute();
      await db.schema
        .createTable("stream_requests")
        .addColumn("user_id", "bigint", (c) => c.notNull())
        .addColumn("request_id", "text", (c) => c.notNull())
        .addColumn("digest", "text", (c) => c.notNull())
        .addColumn("result_id", "text", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addPrimaryKeyConstraint("stream_requests_key", ["user_id", "request_id"])
        .execute();
      await db.schema.createIndex("stream_requests_by_time").on("stream_requests").column("created_at").execute();
      await db.schema
        .createTable("stream_cursors")
        .addColumn("name", "text", (c) => c.primaryKey())
        .addColumn("sequence", "bigint", (c) => c.notNull())
        .execute();
    },
  },
  "0002_instances": {
    async up(db) {
      const text = (table: string, column: string) =>
        db.schema
          .alterTable(table)
          .addColumn(column, "text", (c) => c.notNull().defaultTo(""))
          .execute();
      await text("stream_streams", "home");
      await db.schema
        .alterTable("stream_streams")
        .addColumn("home_epoch", "integer", (c) => c.notNull().defaultTo(0))
        .execute();
      await db.schema.alterTable("stream_streams").addColumn("source_until", "bigint").execute();
      await text("stream_streams", "sound");
      await db.schema
        .createIndex("stream_streams_by_home")
        .on("stream_streams")
        .column("home")
        .where(sql.ref("home"), "<>", "")
        .execute();
      await db.schema
        .createIndex("stream_streams_by_source_until")
        .on("stream_streams")
        .column("source_until")
        .where(sql.ref("source_until"), "is not", null)
        .execute();
      await text("stream_listeners", "instance");
      await text("stream_recordings", "instance");
      await text("stream_recordings", "folder");
      await db.schema
        .createTable("stream_instances")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("beat", "bigint", (c) => c.notNull())
        .execute();
    },
  },
  "0003_recordings_by_folder": {
    async up(db) {
      await db.schema
        .createIndex("stream_recordings_by_folder")
        .on("stream_recordings")
        .column("folder")
        .where(sql.ref("folder"), "<>", "")
        .execute();
    },
  },
  "0004_admin_acts": {
    async up(db) {
      await db.schema
        .createTable("stream_admin_acts")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("at", "bigint", (c) => c.notNull())
        .addColumn("actor_id", "bigint", (c) => c.notNull())
        .addColumn("action", "integer", (c) => c.notNull())
        .addColumn("target_user_id", "bigint", (c) => c.notNull())
        .addColumn("stream_id", "text", (c) => c.notNull())
        .addColumn("details", "text", (c) => c.notNull())
        .execute();
    },
  },
};
