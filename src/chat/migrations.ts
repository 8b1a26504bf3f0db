import { fromBinary } from "@bufbuild/protobuf";
import { type Kysely, sql } from "kysely";
import { ChatEventSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { makeAppendOnly } from "../platform/database/append-only.ts";
import type { Migrations } from "../platform/database/database.ts";
import { nameKey } from "../platform/name-key.ts";
import { namedIn } from "./store/unnamed-event.ts";
import { deletedStretch } from "./store/unread-sql.ts";
import type { ChatTables } from "./tables.ts";

/** `bytes` is spelled differently: SQLite takes any name for a type, PostgreSQL only its own. */
const bytes = sql`bytea`;

export const chatMigrations: Migrations = {
  "0001_rooms_and_messages": {
    async up(db) {
      await db.schema
        .createTable("chat_rooms")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("name", "text", (c) => c.notNull())
        .addColumn("description", "text", (c) => c.notNull())
        .addColumn("topic", "text", (c) => c.notNull().defaultTo(""))
        .addColumn("type", "integer", (c) => c.notNull())
        .addColumn("visibility", "integer", (c) => c.notNull())
        .addColumn("created_by", "bigint", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("is_active", "integer", (c) => c.notNull().defaultTo(1))
        .addColumn("head_sequence", "bigint", (c) => c.notNull().defaultTo(0))
        .addColumn("floor_sequence", "bigint", (c) => c.notNull().defaultTo(0))
        .addColumn("member_count", "integer", (c) => c.notNull().defaultTo(0))
        .addColumn("message_count", "bigint", (c) => c.notNull().defaultTo(0))
        .addColumn("slow_mode_ms", "integer", (c) => c.notNull().defaultTo(0))
        .addColumn("blocked_words", "text", (c) => c.notNull().defaultTo("[]"))
        .addColumn("direct_key", "text", (c) => c.unique())
        .execute();
      await db.schema
        .createTable("chat_members")
        .addColumn("room_id", "text", (c) => c.notNull().references("chat_rooms.id"))
        .addColumn("user_id", "bigint", (c) => c.notNull())
        .addColumn("username", "text", (c) => c.notNull())
        .addColumn("role", "integer", (c) => c.notNull())
        .addColumn("joined_at", "bigint", (c) => c.notNull())
        .addColumn("last_message_at", "bigint", (c) => c.notNull().defaultTo(0))
        .addColumn("last_read_sequence", "bigint", (c) => c.notNull().defaultTo(0))
        .addPrimaryKeyConstraint("chat_members_key", ["room_id", "user_id"])
        .execute();
      await db.schema.createIndex("chat_members_by_user").on("chat_members").columns(["user_id", "room_id"]).execute();
      await db.schema
        .createIndex("chat_members_by_joining")
        .on("chat_members")
        .columns(["room_id", "joined_at", "user_id"])
        .execute();
      await db.schema
        .createTable("chat_sanctions")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("room_id", "text", (c) => c.notNull().references("chat_rooms.id"))
        .addColumn("user_id", "bigint", (c) => c.notNull())
        .addColumn("username", "text", (c) => c.notNull())
        .addColumn("kind", "integer", (c) => c.notNull())
        .addColumn("reason", "text", (c) => c.notNull())
        .addColumn("created_by", "bigint", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("expires_at", "bigint")
        .addUniqueConstraint("chat_sanctions_key", ["room_id", "user_id", "kind"])
        .execute();
      await db.schema
        .createTable("chat_messages")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("room_id", "text", (c) => c.notNull().references("chat_rooms.id"))
        .addColumn("sequence", "bigint", (c) => c.notNull())
        .addColumn("sender_id", "bigint", (c) => c.notNull())
        .addColumn("sender_username", "text", (c) => c.notNull())
        .addColumn("content", "text", (c) => c.notNull())
        .addColumn("type", "integer", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("updated_at", "bigint")
        .addColumn("is_edited", "integer", (c) => c.notNull().defaultTo(0))
        .addColumn("is_deleted", "integer", (c) => c.notNull().defaultTo(0))
        .addColumn("reply_to", "text")
        .addColumn("reply_count", "integer", (c) => c.notNull().defaultTo(0))
        .execute();
      await db.schema
        .createIndex("chat_messages_by_room")
        .on("chat_messages")
        .columns(["room_id", "sequence"])
        .unique()
        .execute();
      await db.schema
        .createIndex("chat_messages_by_time")
        .on("chat_messages")
        .columns(["room_id", "created_at", "sender_id"])
        .execute();
      await db.schema
        .createIndex("chat_messages_by_sender")
        .on("chat_messages")
        .columns(["sender_id", "created_at"])
        .execute();
      await db.schema
        .createTable("chat_events")
        .addColumn("room_id", "text", (c) => c.notNull().references("chat_rooms.id"))
        .addColumn("sequence", "bigint", (c) => c.notNull())
        .addColumn("message_id", "text")
        .addColumn("body", bytes, (c) => c.notNull())
        .addPrimaryKeyConstraint("chat_events_key", ["room_id", "sequence"])
        .execute();
      await db.schema
        .createIndex("chat_events_by_message")
        .on("chat_events")
        .column("message_id")
        .where(sql.ref("message_id"), "is not", null)
        .execute();
      await db.schema
        .createTable("chat_requests")
        .addColumn("user_id", "bigint", (c) => c.notNull())
        .addColumn("request_id", "text", (c) => c.notNull())
        .addColumn("digest", "text", (c) => c.notNull())
        .addColumn("result_id", "text", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addPrimaryKeyConstraint("chat_requests_key", ["user_id", "request_id"])
        .execute();
      await db.schema.createIndex("chat_requests_by_age").on("chat_requests").column("created_at").execute();
      await db.schema
        .createTable("chat_invites")
        .addColumn("code", "text", (c) => c.primaryKey())
        .addColumn("room_id", "text", (c) => c.notNull().references("chat_rooms.id"))
        .addColumn("created_by", "bigint", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("expires_at", "bigint")
        .addColumn("max_uses", "integer", (c) => c.notNull())
        .addColumn("uses", "integer", (c) => c.notNull().defaultTo(0))
        .execute();
      await db.schema.createIndex("chat_invites_by_room").on("chat_invites").column("room_id").execute();
      await db.schema
        .createTable("chat_reports")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("room_id", "text", (c) => c.notNull().references("chat_rooms.id"))
        .addColumn("message_id", "text", (c) => c.notNull())
        .addColumn("reported_by", "bigint", (c) => c.notNull())
        .addColumn("reason", "text", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("resolution", "integer", (c) => c.notNull().defaultTo(0))
        .addColumn("resolved_by", "bigint", (c) => c.notNull().defaultTo(0))
        .addColumn("resolved_at", "bigint")
        .execute();
      await db.schema.createIndex("chat_reports_by_room").on("chat_reports").columns(["room_id", "id"]).execute();
      await db.schema
        .createTable("chat_moderation_log")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("room_id", "text", (c) => c.notNull().references("chat_rooms.id"))
        .addColumn("actor_id", "bigint", (c) => c.notNull())
        .addColumn("target_user_id", "bigint", (c) => c.notNull())
        .addColumn("target_message_id", "text", (c) => c.notNull())
        .addColumn("action", "text", (c) => c.notNull())
        .addColumn("reason", "text", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .execute();
      await db.schema
        .createIndex("chat_moderation_log_by_room")
        .on("chat_moderation_log")
        .columns(["room_id", "id"])
        .execute();
      await db.schema
        .createTable("chat_blocks")
        .addColumn("user_id", "bigint", (c) => c.notNull())
        .addColumn("blocked_id", "bigint", (c) => c.notNull())
        .addPrimaryKeyConstraint("chat_blocks_key", ["user_id", "blocked_id"])
        .execute();
      await db.schema
        .createTable("chat_cursors")
        .addColumn("name", "text", (c) => c.primaryKey())
        .addColumn("sequence", "bigint", (c) => c.notNull())
        .execute();
    },
  },
  "0002_ways_to_rooms_and_sanctions": {
    async up(db) {
      await db.schema
        .createIndex("chat_rooms_by_maker")
        .on("chat_rooms")
        .columns(["created_by", "is_active", "type"])
        .execute();
      // Holds all that decides whether a room is listed, so that counting them reads no rows; first the id, in whose
      // order they are listed.
      await db.schema
        .createIndex("chat_rooms_by_openness")
        .on("chat_rooms")
        .columns(["id", "type", "visibility", "is_active"])
        .execute();
      await db.schema.createIndex("chat_sanctions_by_user").on("chat_sanctions").columns(["user_id", "kind"]).execute();
      await db.schema
        .createIndex("chat_sanctions_by_end")
        .on("chat_sanctions")
        .column("expires_at")
        .where(sql.ref("expires_at"), "is not", null)
        .execute();
    },
  },
  "0003_reactions_pins_and_threads": {
    async up(db) {
      await db.schema
        .alterTable("chat_messages")
        .addColumn("reactions", "text", (c) => c.notNull().defaultTo("[]"))
        .execute();
      await db.schema.alterTable("chat_messages").addColumn("pinned_sequence", "bigint").execute();
      await db.schema
        .createTable("chat_reactions")
        .addColumn("message_id", "text", (c) => c.notNull().references("chat_messages.id"))
        .addColumn("emoji", "text", (c) => c.notNull())
        .addColumn("user_id", "bigint", (c) => c.notNull())
        .addColumn("sequence", "bigint", (c) => c.notNull())
        .addPrimaryKeyConstraint("chat_reactions_key", ["message_id", "emoji", "user_id"])
        .execute();
      await db.schema
        .createIndex("chat_reactions_by_time")
        .on("chat_reactions")
        .columns(["message_id", "emoji", "sequence"])
        .execute();
      await db.schema.createIndex("chat_reactions_by_user").on("chat_reactions").column("user_id").execute();
      await db.schema
        .createIndex("chat_messages_pinned")
        .on("chat_messages")
        .columns(["room_id", "pinned_sequence"])
        .where(sql.ref("pinned_sequence"), "is not", null)
        .execute();
      await db.schema
        .createIndex("chat_messages_by_answered")
        .on("chat_messages")
        .columns(["reply_to", "sequence"])
        .where(sql.ref("reply_to"), "is not", null)
        .execute();
    },
  },
  "0004_mentions_and_unread_counts": {
    async up(db) {
      await addCounts(db);
      await db.schema
        .createTable("chat_mentions")
        .addColumn("user_id", "bigint", (c) => c.notNull())
        .addColumn("room_id", "text", (c) => c.notNull())
        .addColumn("sequence", "bigint", (c) => c.notNull())
        .addColumn("message_id", "text", (c) => c.notNull().references("chat_messages.id"))
        .addPrimaryKeyConstraint("chat_mentions_key", ["user_id", "room_id", "sequence"])
        .execute();
      await db.schema
        .createTable("chat_deleted_counts")
        .addColumn("room_id", "text", (c) => c.notNull().references("chat_rooms.id"))
        .addColumn("stretch", "bigint", (c) => c.notNull())
        .addColumn("deleted", "integer", (c) => c.notNull())
        .addPrimaryKeyConstraint("chat_deleted_counts_key", ["room_id", "stretch"])
        .execute();
      await db.schema
        .createIndex("chat_messages_deleted")
        .on("chat_messages")
        .columns(["room_id", "sequence"])
        .where(sql.ref("is_deleted"), "=", sql.lit(1))
        .execute();
      await sql`
        INSERT INTO chat_deleted_counts (room_id, stretch, deleted)
        SELECT room_id, sequence / ${sql.lit(deletedStretch)}, count(*) FROM chat_messages
        WHERE is_deleted = 1 GROUP BY 1, 2`.execute(db);
      await nameMembers(db);
    },
  },
  "0005_attachments": {
    async up(db) {
      await db.schema
        .alterTable("chat_messages")
        .addColumn("attachments", "text", (c) => c.notNull().defaultTo("[]"))
        .execute();
      await db.schema
        .createTable("chat_attachments")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("uploader_id", "bigint", (c) => c.notNull())
        .addColumn("room_id", "text", (c) => c.references("chat_rooms.id"))
        .addColumn("message_id", "text")
        .addColumn("name", "text", (c) => c.notNull())
        .addColumn("content_type", "text", (c) => c.notNull())
        .addColumn("size", "bigint", (c) => c.notNull())
        .addColumn("width", "integer", (c) => c.notNull())
        .addColumn("height", "integer", (c) => c.notNull())
        .addColumn("has_thumbnail", "integer", (c) => c.notNull())
        .addColumn("is_complete", "integer", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("collect_at", "bigint")
        .execute();
      await db.schema
        .createIndex("chat_attachments_by_uploader")
        .on("chat_attachments")
        .columns(["uploader_id", "id"])
        .execute();
      await db.schema
        .createIndex("chat_attachments_waiting")
        .on("chat_attachments")
        .columns(["uploader_id", "collect_at"])
        .where(sql.ref("collect_at"), "is not", null)
        .execute();
      await db.schema
        .createIndex("chat_attachments_due")
        .on("chat_attachments")
        .column("collect_at")
        .where(sql.ref("collect_at"), "is not", null)
        .execute();
      await db.schema
        .createTable("chat_file_usage")
        .addColumn("user_id", "bigint", (c) => c.primaryKey())
        .addColumn("bytes", "bigint", (c) => c.notNull())
        .execute();
    },
  },
  "0006_reports": {
    async up(db) {
      await db.schema
        .createIndex("chat_reports_open")
        .on("chat_reports")
        .columns(["room_id", "id"])
        .where(sql.ref("resolution"), "=", sql.lit(0))
        .execute();
      await db.schema
        .createIndex("chat_reports_by_reporter")
        .on("chat_reports")
        .columns(["reported_by", "resolution", "message_id"])
        .execute();
    },
  },
  "0007_erased_users": {
    async up(db) {
      await db.schema
        .createTable("chat_erased_users")
        .addColumn("user_id", "bigint", (c) => c.primaryKey())
        .execute();
    },
  },
  "0008_statuses": {
    async up(db) {
      await db.schema
        .createTable("chat_statuses")
        .addColumn("user_id", "bigint", (c) => c.primaryKey())
        .addColumn("status", "integer", (c) => c.notNull())
        .addColumn("text", "text", (c) => c.notNull())
        .addColumn("last_seen_at", "bigint")
        .execute();
    },
  },
  "0009_event_names": {
    async up(db) {
      await db.schema
        .createTable("chat_event_names")
        .addColumn("user_id", "bigint", (c) => c.notNull())
        .addColumn("room_id", "text", (c) => c.notNull())
        .addColumn("sequence", "bigint", (c) => c.notNull())
        .addPrimaryKeyConstraint("chat_event_names_key", ["user_id", "room_id", "sequence"])
        // What is forgotten of a room's past names nobody any more.
        .addForeignKeyConstraint(
          "chat_event_names_event",
          ["room_id", "sequence"],
          "chat_events",
          ["room_id", "sequence"],
          (constraint) => constraint.onDelete("cascade"),
        )
        .execute();
      await db.schema
        .createIndex("chat_event_names_by_event")
        .on("chat_event_names")
        .columns(["room_id", "sequence"])
        .execute();
      await nameEvents(db as Kysely<ChatTables>);
    },
  },
  "0010_blocks_by_blocked": {
    async up(db) {
      await db.schema.createIndex("chat_blocks_by_blocked").on("chat_blocks").column("blocked_id").execute();
    },
  },
  "0011_removals_tried_again": {
    async up(db) {
      await db.schema
        .alterTable("chat_attachments")
        .addColumn("due_at", "bigint", (c) => c.notNull().defaultTo(0))
        .execute();
      await sql`UPDATE chat_attachments SET due_at = collect_at WHERE collect_at IS NOT NULL`.execute(db);
      await db.schema.dropIndex("chat_attachments_due").execute();
      await db.schema
        .createIndex("chat_attachments_due")
        .on("chat_attachments")
        .column("due_at")
        .where(sql.ref("collect_at"), "is not", null)
        .execute();
    },
  },
  "0012_log_append_only": {
    up: (db) => makeAppendOnly(db, "chat_moderation_log"),
  },
  "0013_sent_counts": {
    async up(db) {
      await db.schema
        .createTable("chat_sent_counts")
        .addColumn("user_id", "bigint", (c) => c.primaryKey())
        .addColumn("counted_to", "bigint", (c) => c.notNull())
        .addColumn("messages", "bigint", (c) => c.notNull())
        .execute();
    },
  },
  "0014_admin_acts": {
    async up(db) {
      await db.schema
        .createTable("chat_admin_acts")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("at", "bigint", (c) => c.notNull())
        .addColumn("actor_id", "bigint", (c) => c.notNull())
        .addColumn("action", "integer", (c) => c.notNull())
        .addColumn("target_user_id", "bigint", (c) => c.notNull())
        .addColumn("room_id", "text", (c) => c.notNull())
        .addColumn("details", "text", (c) => c.notNull())
        .execute();
    },
  },
};

const eventsAtOnce = 500;

/** Whom the events of before name. */
async function nameEvents(db: Kysely<ChatTables>): Promise<void> {
  let after = { room_id: "", sequence: 0 };
  for (let more = true; more; ) {
    const events = await db
      .selectFrom("chat_events")
      .select(["room_id", "sequence", "body"])
      .where((eb) => eb(eb.refTuple("room_id", "sequence"), ">", eb.tuple(after.room_id, after.sequence)))
      .orderBy("room_id")
      .orderBy("sequence")
      .limit(eventsAtOnce)
      .execute();
    const names = events.flatMap(({ body, ...place }) =>
      namedIn(fromBinary(ChatEventSchema, body)).map((userId) => ({ user_id: Number(userId), ...place })),
    );
    for (let from = 0; from < names.length; from += eventsAtOnce) {
      await db
        .insertInto("chat_event_names")
        .values(names.slice(from, from + eventsAtOnce))
        .execute();
    }
    after = events.at(-1) ?? after;
    more = events.length === eventsAtOnce;
  }
}

/** What was said before there were counts counts as read. */
async function addCounts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("chat_messages")
    .addColumn("ordinal", "bigint", (c) => c.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable("chat_messages")
    .addColumn("mentions", "text", (c) => c.notNull().defaultTo("[]"))
    .execute();
  for (const column of ["read_count", "own_unread", "mentions_unread"]) {
    await db.schema
      .alterTable("chat_members")
      .addColumn(column, "bigint", (c) => c.notNull().defaultTo(0))
      .execute();
  }
  await sql`
    UPDATE chat_messages SET ordinal = counted.ordinal
    FROM (
      SELECT id, row_number() OVER (PARTITION BY room_id ORDER BY sequence) AS ordinal FROM chat_messages
    ) AS counted
    WHERE counted.id = chat_messages.id`.execute(db);
  await sql`
    UPDATE chat_members SET last_read_sequence = room.head_sequence, read_count = room.message_count
    FROM chat_rooms AS room WHERE room.id = chat_members.room_id`.execute(db);
}

async function nameMembers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("chat_members")
    .addColumn("name_key", "text", (c) => c.notNull().defaultTo(""))
    .execute();
  const { rows } = await sql<{ username: string }>`SELECT DISTINCT username FROM chat_members`.execute(db);
  for (const { username } of rows) {
    await sql`UPDATE chat_members SET name_key = ${nameKey(username)} WHERE username = ${username}`.execute(db);
  }
  await db.schema.createIndex("chat_members_by_name").on("chat_members").columns(["room_id", "name_key"]).execute();
}
