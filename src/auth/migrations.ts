import { sql } from "kysely";
import { makeAppendOnly } from "../platform/database/append-only.ts";
import type { Migrations } from "../platform/database/database.ts";
import { numbered } from "../platform/database/numbered.ts";

export const authMigrations: Migrations = {
  "0001_accounts_and_sessions": {
    async up(db) {
      await db.schema
        .createTable("auth_accounts")
        // An erased account's number is never given to another.
        .addColumn("id", numbered(db).type, numbered(db).key)
        .addColumn("username", "text", (c) => c.notNull())
        .addColumn("username_key", "text", (c) => c.notNull().unique())
        .addColumn("email", "text", (c) => c.notNull())
        .addColumn("email_key", "text", (c) => c.notNull().unique())
        .addColumn("first_name", "text", (c) => c.notNull())
        .addColumn("last_name", "text", (c) => c.notNull())
        .addColumn("role", "text", (c) => c.notNull())
        .addColumn("is_active", "integer", (c) => c.notNull().defaultTo(1))
        .addColumn("is_verified", "integer", (c) => c.notNull().defaultTo(0))
        .addColumn("password_hash", "text", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("last_login_at", "bigint")
        .addColumn("tokens_valid_from", "bigint", (c) => c.notNull().defaultTo(0))
        .execute();
      await db.schema.createIndex("auth_accounts_by_role").on("auth_accounts").columns(["role", "is_active"]).execute();
      await db.schema
        .createIndex("auth_accounts_by_cutoff")
        .on("auth_accounts")
        .column("tokens_valid_from")
        .where(sql.ref("tokens_valid_from"), ">", 0)
        .execute();
      await db.schema
        .createTable("auth_sessions")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("user_id", "bigint", (c) => c.notNull().references("auth_accounts.id"))
        .addColumn("counter", "bigint", (c) => c.notNull())
        .addColumn("rotated_at", "bigint", (c) => c.notNull())
        .addColumn("user_agent", "text", (c) => c.notNull())
        .addColumn("address", "text", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("last_used_at", "bigint", (c) => c.notNull())
        .addColumn("expires_at", "bigint", (c) => c.notNull())
        .addColumn("ended_at", "bigint")
        .execute();
      await db.schema
        .createIndex("auth_sessions_by_user")
        .on("auth_sessions")
        .columns(["user_id", "last_used_at", "id"])
        .execute();
      await db.schema.createIndex("auth_sessions_by_expiry").on("auth_sessions").column("expires_at").execute();
      await db.schema
        .createIndex("auth_sessions_by_end")
        .on("auth_sessions")
        .column("ended_at")
        .where(sql.ref("ended_at"), "is not", null)
        .execute();
      await db.schema
        .createTable("auth_erasures")
        .addColumn("sequence", "bigint", (c) => c.primaryKey())
        .addColumn("user_id", "bigint", (c) => c.notNull())
        .addColumn("at", "bigint", (c) => c.notNull())
        .execute();
      await db.schema
        .createTable("auth_counters")
        .addColumn("name", "text", (c) => c.primaryKey())
        .addColumn("value", "bigint", (c) => c.notNull())
        .execute();
      await db
        .insertInto("auth_counters")
        .values(["registrations", "erasures", "admin_changes"].map((name) => ({ name, value: 0 })))
        .execute();
      await db.schema
        .createTable("auth_visitors")
        .addColumn("id", "bigint", (c) => c.primaryKey())
        .addColumn("username", "text", (c) => c.notNull())
        .addColumn("role", "text", (c) => c.notNull())
        .addColumn("first_seen_at", "bigint", (c) => c.notNull())
        .execute();
    },
  },
  "0002_audit": {
    async up(db) {
      await db.schema
        .createTable("auth_audit")
        .addColumn("sequence", "bigint", (c) => c.primaryKey())
        .addColumn("at", "bigint", (c) => c.notNull())
        .addColumn("actor_id", "bigint", (c) => c.notNull())
        .addColumn("action", "integer", (c) => c.notNull())
        .addColumn("target_user_id", "bigint", (c) => c.notNull())
        .addColumn("details", "text", (c) => c.notNull())
        .execute();
      await db.insertInto("auth_counters").values({ name: "audit", value: 0 }).execute();
    },
  },
  "0003_erasures_by_time": {
    async up(db) {
      await db.schema.createIndex("auth_erasures_by_time").on("auth_erasures").column("at").execute();
    },
  },
  "0004_audit_append_only": {
    up: (db) => makeAppendOnly(db, "auth_audit"),
  },
  "0005_audit_of_streams": {
    async up(db) {
      await db.schema.alterTable("auth_audit").addColumn("target_stream_id", "text").execute();
      await db.schema.alterTable("auth_audit").addColumn("id", "text").execute();
      await db.schema
        .createIndex("auth_audit_by_id")
        .unique()
        .on("auth_audit")
        .column("id")
        .where(sql.ref("id"), "is not", null)
        .execute();
    },
  },
  "0006_audit_of_rooms": {
    async up(db) {
      await db.schema.alterTable("auth_audit").addColumn("target_room_id", "text").execute();
    },
  },
};
