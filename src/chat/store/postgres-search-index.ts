import { sql } from "kysely";
import type { Database, Migrations } from "../../platform/database/database.ts";
import type { MessageId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { SearchIndex, Words } from "./search-index.ts";
import { wordsIn } from "./search-words.ts";

interface IndexTables extends ChatTables {
  chat_search_words: { message_id: string; words: string };
}

/** How many messages from before the index are taken in at a time. */
const takenInAtOnce = 500;

export const postgresSearchMigrations: Migrations = {
  "0001_words": {
    async up(db) {
      await sql`CREATE TABLE chat_search_words (message_id text PRIMARY KEY, words tsvector NOT NULL)`.execute(db);
      for (let last = "", more = true; more; ) {
        const { rows } = await sql<{ id: string; room_id: string; content: string }>`
          SELECT id, room_id, content FROM chat_messages
          WHERE is_deleted = 0 AND id > ${last} ORDER BY id LIMIT ${takenInAtOnce}`.execute(db);
        for (const { id, room_id: roomId, content } of rows) {
          await sql`
            INSERT INTO chat_search_words (message_id, words) VALUES (${id}, ${vectorOf({ roomId, content })})`.execute(
            db,
          );
        }
        last = rows.at(-1)?.id ?? "";
        more = rows.length === takenInAtOnce;
      }
      await sql`CREATE INDEX chat_search_words_index ON chat_search_words USING gin (words)`.execute(db);
    },
  },
};

/** Full-text search in PostgreSQL: the words of a message, and its room as one of them, under a GIN index. */
export function createPostgresSearchIndex(needs: { database: Database<ChatTables> }): SearchIndex {
  const { read } = needs.database as unknown as Database<IndexTables>;
  return {
    async add(tx, message) {
      await sql`
        INSERT INTO chat_search_words (message_id, words) VALUES (${message.id}, ${vectorOf(message)})`.execute(tx);
    },

    async replace(tx, { id, roomId }, content) {
      await sql`
        UPDATE chat_search_words SET words = ${vectorOf({ roomId, content })} WHERE message_id = ${id}`.execute(tx);
    },

    async remove(tx, { id }) {
      await sql`DELETE FROM chat_search_words WHERE message_id = ${id}`.execute(tx);
    },

    // Ids sort as messages were sent.
    async find({ words, roomId, after, limit }) {
      const last = words.at(-1);
      if (last === undefined) return [];
      const all = [...words.slice(0, -1).map(quoted), `${quoted(last)}:*`];
      if (roomId !== undefined) all.unshift(quoted(roomWord(roomId)));
      const { rows } = await sql<{ message_id: string }>`
        SELECT message_id FROM chat_search_words
        WHERE words @@ CAST(${all.join(" & ")} AS tsquery) AND message_id < ${after ?? "g"}
        ORDER BY message_id DESC
        LIMIT ${limit}`.execute(read);
      return rows.map((row) => ({ messageId: row.message_id as MessageId, cursor: row.message_id }));
    },

    async settle() {
      // Words are found as soon as they are added.
    },
  };
}

function vectorOf({ roomId, content }: Pick<Words, "roomId" | "content"> | { roomId: string; content: string }) {
  return sql`array_to_tsvector(CAST(${searchedWords({ roomId, content })} AS text[]))`;
}

/** The words that a message is found by, without white space in any: those it says, and one for its room. */
export function searchedWords({ roomId, content }: { roomId: string; content: string }): string[] {
  return [...new Set([roomWord(roomId), ...wordsIn(content)])];
}

/** No word that is said begins with a colon, however little of it is looked for. */
function roomWord(roomId: string): string {
  return `:${roomId}`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "''")}'`;
}
