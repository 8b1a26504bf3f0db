import { sql } from "kysely";
import type { Migrations } from "../../platform/database/database.ts";

/** Tables of the full-text search in SQLite. FTS5 keeps the words and no text; what is deleted is gone from its pages at once. */
export const sqliteSearchMigrations: Migrations = {
  "0001_words": {
    async up(db) {
      await sql`
        CREATE VIRTUAL TABLE chat_search_words USING fts5(
          content, room, content='', prefix='2 3',
          tokenize="unicode61 remove_diacritics 2 categories 'L* N* M* Co'"
        )`.execute(db);
      await sql`INSERT INTO chat_search_words (chat_search_words, rank) VALUES ('secure-delete', 1)`.execute(db);
      await db.schema
        .createTable("chat_search_documents")
        .addColumn("id", "integer", (c) => c.primaryKey())
        .addColumn("message_id", "text", (c) => c.notNull().unique())
        .addColumn("is_indexed", "integer", (c) => c.notNull().defaultTo(0))
        .execute();
      await db.schema
        .createIndex("chat_search_documents_waiting")
        .on("chat_search_documents")
        .column("id")
        .where(sql.ref("is_indexed"), "=", sql.lit(0))
        .execute();
      await sql`
        INSERT INTO chat_search_documents (message_id)
        SELECT id FROM chat_messages WHERE is_deleted = 0 ORDER BY created_at, id`.execute(db);
    },
  },

  // Words by stretches of messages, split by the service alone. All messages wait to be taken in anew, and no number is
  // given twice: a search goes on below one.
  "0002_stretches": {
    async up(db) {
      await db.schema.dropTable("chat_search_words").execute();
      await sql`
        CREATE VIRTUAL TABLE chat_search_words USING fts5(
          words, content='', detail=none, tokenize="ascii tokenchars ':-'"
        )`.execute(db);
      await sql`INSERT INTO chat_search_words (chat_search_words, rank) VALUES ('secure-delete', 1)`.execute(db);
      await db.schema.alterTable("chat_search_documents").renameTo("chat_search_documents_before").execute();
      await db.schema.dropIndex("chat_search_documents_waiting").execute();
      await db.schema
        .createTable("chat_search_documents")
        .addColumn("id", "integer", (c) => c.primaryKey().autoIncrement())
        .addColumn("message_id", "text", (c) => c.notNull().unique())
        .addColumn("is_indexed", "integer", (c) => c.notNull().defaultTo(0))
        .execute();
      await sql`
        INSERT INTO chat_search_documents (id, message_id)
        SELECT id, message_id FROM chat_search_documents_before ORDER BY id`.execute(db);
      await db.schema.dropTable("chat_search_documents_before").execute();
      await db.schema
        .createIndex("chat_search_documents_waiting")
        .on("chat_search_documents")
        .column("id")
        .where(sql.ref("is_indexed"), "=", sql.lit(0))
        .execute();
      await sql`
        CREATE TABLE chat_search_rooms (
          room_id text NOT NULL, stretch integer NOT NULL, PRIMARY KEY (room_id, stretch)
        ) WITHOUT ROWID`.execute(db);
    },
  },
};
