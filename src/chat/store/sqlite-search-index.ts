import { sql } from "kysely";
import type { Database } from "../../platform/database/database.ts";
import { prepared } from "../../platform/database/prepared.ts";
import type { MessageId, RoomId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { ChatTables } from "../tables.ts";
import { type SearchIndex, startOf, stretchOf, type Words } from "./search-index.ts";
import { roomWord, searchedWords, type Term } from "./search-words.ts";

/** A message to be found. Its number is its row in the full-text index. */
interface DocumentsTable {
  id: number;
  message_id: string;
  /** 0 while its words are not in the full-text index yet. */
  is_indexed: number;
}
interface IndexTables extends ChatTables {
  chat_search_documents: DocumentsTable;
  /** The stretches in which something was said in a room. */
  chat_search_rooms: { room_id: string; stretch: number };
}

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
  const takeIn = prepared((p: { id: number; words: string }) => ({
    compile: () => sql`INSERT INTO chat_search_words (rowid, words) VALUES (${p.id}, ${p.words})`.compile(build),
  }));
  const takeOut = prepared((p: { id: number; words: string }) => ({
    compile: () =>
      sql`
        INSERT INTO chat_search_words (chat_search_words, rowid, words) VALUES ('delete', ${p.id}, ${p.words})`.compile(
        build,
      ),
  }));
  const newestBefore = prepared((p: { before: number }) =>
    build
      .selectFrom("chat_search_documents")
      .select("id")
      .where("id", "<", p.before)
      .orderBy("id", "desc")
      .limit(sql.lit(1)),
  );
  const newestOfRoom = prepared((p: { roomId: string; stretch: number }) =>
    build
      .selectFrom("chat_search_rooms")
      .select("stretch")
      .where("room_id", "=", p.roomId)
      .where("stretch", "<=", p.stretch)
      .orderBy("stretch", "desc")
      .limit(sql.lit(1)),
  );
  const findIn = prepared((p: { words: string; before: number; limit: number }) => ({
    compile: () =>
      sql<{ id: number; message_id: string; room_id: string }>`
        SELECT document.id, document.message_id, message.room_id
        FROM chat_search_words
        JOIN chat_search_documents AS document ON document.id = chat_search_words.rowid
        JOIN chat_messages AS message ON message.id = document.message_id
        WHERE chat_search_words MATCH ${p.words} AND chat_search_words.rowid < ${p.before}
        ORDER BY chat_search_words.rowid DESC
        LIMIT ${p.limit}`.compile(build),
  }));
  /**
   * How many messages were noted, and how many of those are surely taken in: the process before this one may have left
   * as many as are taken in at once.
   */
  let noted = limits.chat.searchIndexedAtOnce;
  let taken = 0;
  /** Whether all that was noted before the start is taken in. */
  let isThrough = false;

  async function takeOutWords(tx: typeof build, message: Words): Promise<void> {
    const document = await tx
      .selectFrom("chat_search_documents")
      .selectAll()
      .where("message_id", "=", message.id)
      .executeTakeFirst();
    if (document === undefined || document.is_indexed === 0) return;
    await tx.executeQuery(takeOut({ id: document.id, words: indexedText(document.id, message) }));
  }

  /** Takes in the words of some messages that were noted, the newest. False when none is left. */
  function takeInSome(): Promise<boolean> {
    return database.write(async (tx) => {
      const waiting = await tx
        .selectFrom("chat_search_documents as document")
        .innerJoin("chat_messages as message", "message.id", "document.message_id")
        .select(["document.id", "message.content", "message.room_id"])
        .where("document.is_indexed", "=", sql.lit(0))
        .orderBy("document.id", "desc")
        .limit(limits.chat.searchIndexedAtOnce)
        .execute();
      const [last] = waiting;
      // In the order of their numbers FTS5 takes them as one.
      const first = waiting.reverse()[0];
      if (first === undefined || last === undefined) return false;
      const rooms = new Map<string, { room_id: string; stretch: number }>();
      for (const { id, content, room_id } of waiting) {
        await tx.executeQuery(takeIn({ id, words: indexedText(id, { roomId: room_id, content }) }));
        const stretch = stretchOf(id);
        rooms.set(`${stretch} ${room_id}`, { room_id, stretch });
      }
      await tx
        .insertInto("chat_search_rooms")
        .values([...rooms.values()])
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await tx
        .updateTable("chat_search_documents")
        .set({ is_indexed: 1 })
        .where("is_indexed", "=", sql.lit(0))
        .where("id", ">=", first.id)
        .where("id", "<=", last.id)
        .execute();
      return waiting.length === limits.chat.searchIndexedAtOnce;
    });
  }

  /** False when nothing is left. */
  async function takeInBatch(): Promise<boolean> {
    // Before it begins: what is noted from now on may not be part of it.
    const due = noted;
    const upTo = taken + limits.chat.searchIndexedAtOnce;
    const isMore = await takeInSome();
    isThrough ||= !isMore;
    taken = Math.max(taken, isMore ? Math.min(due, upTo) : due);
    return isMore;
  }

  /** The newest stretch with messages that are looked through; undefined when none is left. */
  async function newestStretch(roomId: RoomId | undefined, before: number): Promise<number | undefined> {
    if (roomId !== undefined) {
      const { rows } = await build.executeQuery(newestOfRoom({ roomId, stretch: stretchOf(before - 1) }));
      return rows[0]?.stretch;
    }
    const { rows } = await build.executeQuery(newestBefore({ before }));
    return rows[0] && stretchOf(rows[0].id);
  }

  return {
    async add(tx, { id }) {
      await tx.executeQuery(note({ messageId: id }));
      noted += 1;
    },

    async replace(tx, before) {
      const own = tx as unknown as typeof build;
      await takeOutWords(own, before);
      await own
        .updateTable("chat_search_documents")
        .set({ is_indexed: 0 })
        .where("message_id", "=", before.id)
        .execute();
      noted += 1;
    },

    async remove(tx, message) {
      const own = tx as unknown as typeof build;
      await takeOutWords(own, message);
      await own.deleteFrom("chat_search_documents").where("message_id", "=", message.id).execute();
    },

    async catchUp() {
      const { searchIndexedAtOnce, searchBatchesAwaited } = limits.chat;
      // What another one is about to take in is not committed yet: behind it, it is.
      const batches = Math.min(searchBatchesAwaited, Math.ceil((noted - taken) / searchIndexedAtOnce));
      for (let batch = 0; batch < batches && (await takeInBatch()); ) batch += 1;
    },

    // One stretch at a time: whoever else has work waits for the file while it is read.
    async look({ terms, roomId, before = Number.MAX_SAFE_INTEGER, limit }) {
      const stretch = await newestStretch(roomId, before);
      if (stretch === undefined) return { found: [], next: undefined };
      const words = matching(stretch, terms, roomId);
      const { rows } = await build.executeQuery(findIn({ words, before, limit }));
      const found = rows.map((row) => ({
        messageId: row.message_id as MessageId,
        roomId: row.room_id as RoomId,
        position: row.id,
      }));
      const isCut = found.length === limit;
      const next = isCut ? found.at(-1)?.position : startOf(stretch);
      return { found, next: next === 0 ? undefined : next };
    },

    async settle(signal) {
      for (let isMore = !isThrough || noted > taken; isMore && !signal.aborted; ) isMore = await takeInBatch();
    },
  };
}

/** What FTS5 takes in of a message with this number. What is taken out has to be exactly that. */
export function indexedText(id: number, message: { roomId: string; content: string }): string {
  const stretch = stretchOf(id);
  return searchedWords(message)
    .map((word) => `${stretch}:${word}`)
    .join(" ");
}

/** The query in FTS5's language. Nothing in a word is a quote. */
function matching(stretch: number, terms: readonly Term[], roomId: RoomId | undefined): string {
  const all = terms.map(({ word, isBeginning }) => `"${stretch}:${word}"${isBeginning ? " *" : ""}`);
  if (roomId !== undefined) all.push(`"${stretch}:${roomWord(roomId)}"`);
  return all.join(" AND ");
}
