import { sql } from "kysely";
import type { Database, Migrations } from "../../platform/database/database.ts";
import { prepared } from "../../platform/database/prepared.ts";
import type { MessageId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { ChatTables } from "../tables.ts";
import type { SearchIndex, Words } from "./search-index.ts";
import { wordsIn } from "./search-words.ts";

/** A message to be found. Its number is its row in the full-text index. */
interface DocumentsTable {
  id: number;
  message_id: string;
  /** 0 while its words are not in the full-text index yet. */
  is_indexed: number;
}
interface IndexTables extends ChatTables {
  chat_search_documents: DocumentsTable;
}

/**
 * FTS5 keeps the words and no text. What is deleted is gone from its pages at once. Short beginnings of words have lists
 * of their own, since a great many words begin with them.
 */
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
};

/**
 * Full-text search in SQLite. FTS5 writes a segment for every savepoint, which would cost each message several times what
 * its words cost in a batch: so a message is only noted in the write that stores it. Whoever searches takes in first
 * what was noted, and so does a round of work soon after.
 */
export function createSqliteSearchIndex(needs: { database: Database<ChatTables> }): SearchIndex {
  const database = needs.database as unknown as Database<IndexTables>;
  const build = database.read;
  const note = prepared((p: { messageId: string }) =>
    build.insertInto("chat_search_documents").values({ message_id: p.messageId } as DocumentsTable),
  );
  const takeIn = prepared((p: { id: number; content: string; room: string }) => ({
    compile: () =>
      sql`INSERT INTO chat_search_words (rowid, content, room) VALUES (${p.id}, ${p.content}, ${p.room})`.compile(
        build,
      ),
  }));
  const takeOut = prepared((p: { id: number; content: string; room: string }) => ({
    compile: () =>
      sql`
        INSERT INTO chat_search_words (chat_search_words, rowid, content, room)
        VALUES ('delete', ${p.id}, ${p.content}, ${p.room})`.compile(build),
  }));
  /** Whether something may be noted and not taken in; at the start it may. */
  let mayWait = true;
  let running = 0;

  async function takeOutWords(tx: typeof build, { id, roomId, content }: Words): Promise<void> {
    const document = await tx
      .selectFrom("chat_search_documents")
      .selectAll()
      .where("message_id", "=", id)
      .executeTakeFirst();
    if (document === undefined || document.is_indexed === 0) return;
    await tx.executeQuery(takeOut({ id: document.id, content: textOf(content), room: roomWord(roomId) }));
  }

  /** Takes in the words of some messages that were noted. False when none is left. */
  function takeInSome(): Promise<boolean> {
    return database.write(async (tx) => {
      const waiting = await tx
        .selectFrom("chat_search_documents as document")
        .innerJoin("chat_messages as message", "message.id", "document.message_id")
        .select(["document.id", "message.content", "message.room_id"])
        .where("document.is_indexed", "=", sql.lit(0))
        .orderBy("document.id")
        .limit(limits.chat.searchIndexedAtOnce)
        .execute();
      for (const { id, content, room_id } of waiting) {
        await tx.executeQuery(takeIn({ id, content: textOf(content), room: roomWord(room_id) }));
      }
      const last = waiting.at(-1);
      if (last === undefined) return false;
      await tx
        .updateTable("chat_search_documents")
        .set({ is_indexed: 1 })
        .where("is_indexed", "=", sql.lit(0))
        .where("id", "<=", last.id)
        .execute();
      return waiting.length === limits.chat.searchIndexedAtOnce;
    });
  }

  /** Takes in what was noted before it was called. */
  async function settle(signal?: AbortSignal): Promise<void> {
    // What another one is about to take in is not committed yet: behind it, it is.
    for (let more = mayWait || running > 0; more && signal?.aborted !== true; ) {
      // First, so that what is noted from now on is not missed.
      mayWait = false;
      running += 1;
      try {
        more = await takeInSome();
        if (more) mayWait = true;
      } catch (error) {
        mayWait = true;
        throw error;
      } finally {
        running -= 1;
      }
    }
  }

  return {
    async add(tx, { id }) {
      await tx.executeQuery(note({ messageId: id }));
      mayWait = true;
    },

    async replace(tx, before) {
      const own = tx as unknown as typeof build;
      await takeOutWords(own, before);
      await own
        .updateTable("chat_search_documents")
        .set({ is_indexed: 0 })
        .where("message_id", "=", before.id)
        .execute();
      mayWait = true;
    },

    async remove(tx, message) {
      const own = tx as unknown as typeof build;
      await takeOutWords(own, message);
      await own.deleteFrom("chat_search_documents").where("message_id", "=", message.id).execute();
    },

    async find({ words, roomId, after, limit }) {
      const last = words.at(-1);
      if (last === undefined) return [];
      await settle();
      const all = [...words.slice(0, -1).map(quoted), `${quoted(last)} *`].join(" AND ");
      const inRoom = roomId === undefined ? "" : `room : ${quoted(roomWord(roomId))} AND `;
      const { rows } = await build.executeQuery<{ id: number; message_id: string }>(
        sql`
          SELECT document.id, document.message_id
          FROM chat_search_words
          JOIN chat_search_documents AS document ON document.id = chat_search_words.rowid
          WHERE chat_search_words MATCH ${`${inRoom}content : (${all})`}
            AND chat_search_words.rowid < ${after === undefined ? Number.MAX_SAFE_INTEGER : Number(after)}
          ORDER BY chat_search_words.rowid DESC
          LIMIT ${limit}`.compile(build),
      );
      return rows.map((row) => ({ messageId: row.message_id as MessageId, cursor: String(row.id) }));
    },

    settle,
  };
}

/** What is taken out has to be exactly what was taken in. */
function textOf(content: string): string {
  return wordsIn(content).join(" ");
}

/** A room as one word. */
function roomWord(roomId: string): string {
  return roomId.replaceAll("-", "");
}

function quoted(word: string): string {
  return `"${word.replaceAll('"', '""')}"`;
}
