import { Client } from "pg";
import { searchedWords } from "../../src/chat/store/search-words.ts";
import { deletedStretch } from "../../src/chat/store/unread-sql.ts";
import { deletedOf, type FilledMessage, type Filling, messagesAfter } from "./history-messages.ts";

const atOnce = 5000;
/** Made again at the end: message by message it would take most of the time. */
const termsIndex = "chat_search_words_terms";

/** Does for PostgreSQL what `fillRoom` does for SQLite. */
export async function fillPostgresRoom(url: string, { roomId, senderId, count }: Filling): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const room = await client.query("SELECT head_sequence, message_count FROM chat_rooms WHERE id = $1", [roomId]);
    const head = Number(room.rows[0]?.head_sequence ?? 0);
    const before = Number(room.rows[0]?.message_count ?? 0);
    const began = Date.now() - count * 1000;
    const { rows } = await client.query("SELECT indexdef FROM pg_indexes WHERE indexname = $1", [termsIndex]);
    await client.query(`DROP INDEX ${termsIndex}`);

    async function insert(messages: readonly FilledMessage[]): Promise<void> {
      await client.query(
        `INSERT INTO chat_messages
           (id, room_id, sequence, ordinal, sender_id, sender_username, content, type, created_at, is_deleted)
         SELECT id, $1, sequence, $2 + sequence - $3, $4, 'bench1', content, 1, $5 + (sequence - $3) * 1000, deleted
         FROM unnest($6::text[], $7::bigint[], $8::text[], $9::integer[]) AS filled (id, sequence, content, deleted)`,
        [
          roomId,
          before,
          head,
          senderId,
          began,
          messages.map(({ id }) => id),
          messages.map(({ sequence }) => sequence),
          messages.map(({ content }) => content),
          messages.map(({ isDeleted }) => Number(isDeleted)),
        ],
      );
      const kept = messages.filter(({ isDeleted }) => !isDeleted);
      await client.query(
        `INSERT INTO chat_search_words (message_id, words)
         SELECT id, array_to_tsvector(string_to_array(words, ' ')) FROM unnest($1::text[], $2::text[]) AS filled (id, words)`,
        [kept.map(({ id }) => id), kept.map(({ content }) => searchedWords({ roomId, content }).join(" "))],
      );
    }
    let waiting: FilledMessage[] = [];
    for (const message of messagesAfter(head, count)) {
      waiting.push(message);
      if (waiting.length < atOnce) continue;
      await insert(waiting);
      waiting = [];
    }
    await insert(waiting);
    await client.query(rows[0]?.indexdef);
    await client.query(
      `INSERT INTO chat_deleted_counts (room_id, stretch, deleted)
       SELECT room_id, sequence / ${deletedStretch}, count(*) FROM chat_messages
       WHERE room_id = $1 AND is_deleted = 1 GROUP BY 1, 2`,
      [roomId],
    );
    await client.query("UPDATE chat_members SET own_unread = $1 WHERE room_id = $2 AND user_id = $3", [
      count - deletedOf(count),
      roomId,
      senderId,
    ]);
    await client.query(
      "UPDATE chat_rooms SET head_sequence = $1, floor_sequence = $1, message_count = $2 WHERE id = $3",
      [head + count, before + count, roomId],
    );
    await client.query("VACUUM ANALYZE");
    return head + 1;
  } finally {
    await client.end();
  }
}
