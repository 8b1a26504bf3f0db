import { sql } from "kysely";
import type { Database } from "../../platform/database/database.ts";
import type { MessageId, RoomId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { ChatTables } from "../tables.ts";
import { vectorOf } from "./postgres-search-migrations.ts";
import { type SearchIndex, startOf, stretchOf } from "./search-index.ts";
import { roomWord, type Term } from "./search-words.ts";

/**
 * Full-text search in PostgreSQL: the words of a message, and its room as one of them, under a GIN index of the words of
 * each stretch. What an index of all words finds would be gathered whole before the newest are taken of it.
 */
export function createPostgresSearchIndex(needs: { database: Database<ChatTables> }): SearchIndex {
  const { read } = needs.database;

  /** The newest stretch with messages that are looked through; undefined when none is left. */
  async function newestStretch(roomId: RoomId | undefined, before: number): Promise<number | undefined> {
    const query =
      roomId === undefined
        ? sql<{ stretch: string | null }>`
          SELECT max(number) >> 12 AS stretch FROM chat_search_words WHERE number < ${before}`
        : sql<{ stretch: string | null }>`
          SELECT max(number >> 12) AS stretch FROM chat_search_words
          WHERE chat_search_room(words) = ${roomWord(roomId)} AND number >> 12 <= ${stretchOf(before - 1)}`;
    const { rows } = await query.execute(read);
    return rows[0]?.stretch == null ? undefined : Number(rows[0].stretch);
  }

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

    async catchUp() {
      // Words are found as soon as they are added.
    },

    async look({ terms, roomId, before = Number.MAX_SAFE_INTEGER, limit, stretches }) {
      const newest = await newestStretch(roomId, before);
      if (newest === undefined) return { found: [], next: undefined };
      const oldest = Math.max(0, newest + 1 - Math.min(stretches, stretchesAtOnce(terms)));
      const words = matching({ newest, oldest }, terms, roomId);
      // What is found in the stretches is found first, and then cut: in the order of numbers everything would be read.
      const { rows } = await sql<{ number: string; message_id: string; room_id: string }>`
        WITH found AS MATERIALIZED (
          SELECT number, message_id FROM chat_search_words
          WHERE chat_search_terms(number, words) @@ CAST(${words} AS tsquery) AND number < ${before}
        )
        SELECT newest.number, newest.message_id, message.room_id
        FROM (SELECT * FROM found ORDER BY number DESC LIMIT ${limit}) AS newest
        JOIN chat_messages AS message ON message.id = newest.message_id
        ORDER BY newest.number DESC`.execute(read);
      const found = rows.map((row) => ({
        messageId: row.message_id as MessageId,
        roomId: row.room_id as RoomId,
        position: Number(row.number),
      }));
      const isCut = found.length === limit;
      const next = isCut ? found.at(-1)?.position : startOf(oldest);
      return { found, next: next === 0 ? undefined : next };
    },

    async settle() {
      // Nothing is put off.
    },
  };
}

/** A long query is looked for in few stretches at once: each of them is asked for all of its words. */
function stretchesAtOnce(terms: readonly Term[]): number {
  return Math.max(1, Math.floor(limits.chat.searchTermsAtOnce / terms.length));
}

/** The query in PostgreSQL's language, for each of the stretches. */
function matching(
  { newest, oldest }: { newest: number; oldest: number },
  terms: readonly Term[],
  roomId: RoomId | undefined,
): string {
  const each: string[] = [];
  for (let stretch = newest; stretch >= oldest; stretch -= 1) {
    const all = terms.map(({ word, isBeginning }) => `'${stretch}:${word}'${isBeginning ? ":*" : ""}`);
    if (roomId !== undefined) all.push(`'${stretch}:${roomWord(roomId)}'`);
    each.push(`(${all.join(" & ")})`);
  }
  return each.join(" | ");
}
