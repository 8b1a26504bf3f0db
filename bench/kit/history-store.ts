import { DatabaseSync } from "node:sqlite";
import { wordsIn } from "../../src/chat/store/search-words.ts";
import { deletedStretch } from "../../src/chat/store/unread-sql.ts";

const words =
  "album bass beat chord chorus crowd drum echo encore festival groove guitar harmony hook jazz keys live lyric melody mix night note piano record remix rhythm riff set show song sound stage synth tempo tonight tour track tune vinyl voice".split(
    " ",
  );

/** A message's id, which sorts as its number does. */
export function messageIdOf(sequence: number): string {
  return `01900000-0000-7000-8000-${sequence.toString(16).padStart(12, "0")}`;
}

/** One message in so many was deleted. */
const deletedEach = 100;

/**
 * Fills a room of an app that is not running with messages of somebody, by the service's own tables, as though nobody
 * had read them. What was said before stays; answers with the number of the first message.
 */
export function fillRoom(path: string, roomId: string, senderId: string, count: number): number {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -256000");
  const room = database.prepare("SELECT head_sequence, message_count FROM chat_rooms WHERE id = ?").get(roomId);
  const head = Number(room?.head_sequence ?? 0);
  const before = Number(room?.message_count ?? 0);
  const first = head + 1;
  const insert = database.prepare(
    `INSERT INTO chat_messages
       (id, room_id, sequence, ordinal, sender_id, sender_username, content, type, created_at, is_deleted)
     VALUES (?, ?, ?, ?, ?, 'bench1', ?, 1, ?, ?)`,
  );
  const note = database.prepare("INSERT INTO chat_search_documents (id, message_id, is_indexed) VALUES (?, ?, 1)");
  const takeIn = database.prepare("INSERT INTO chat_search_words (rowid, content, room) VALUES (?, ?, ?)");
  const began = Date.now() - count * 1000;
  let deleted = 0;
  database.exec("BEGIN");
  for (let sequence = first; sequence < first + count; sequence += 1) {
    const id = messageIdOf(sequence);
    const isDeleted = sequence % deletedEach === 0;
    const content = isDeleted ? "" : contentOf(sequence);
    const ordinal = before + sequence - head;
    const at = began + (sequence - head) * 1000;
    insert.run(id, roomId, sequence, ordinal, Number(senderId), content, at, Number(isDeleted));
    if (isDeleted) {
      deleted += 1;
    } else {
      note.run(sequence, id);
      takeIn.run(sequence, wordsIn(content).join(" "), roomId.replaceAll("-", ""));
    }
    // The words of one transaction are held in memory.
    if (sequence % 50_000 === 0) database.exec("COMMIT; BEGIN");
  }
  database
    .prepare(
      `INSERT INTO chat_deleted_counts (room_id, stretch, deleted)
       SELECT room_id, sequence / ${deletedStretch}, count(*) FROM chat_messages
       WHERE room_id = ? AND is_deleted = 1 GROUP BY 1, 2`,
    )
    .run(roomId);
  database
    .prepare("UPDATE chat_members SET own_unread = ? WHERE room_id = ? AND user_id = ?")
    .run(count - deleted, roomId, Number(senderId));
  database
    .prepare("UPDATE chat_rooms SET head_sequence = ?, floor_sequence = ?, message_count = ? WHERE id = ?")
    .run(first + count - 1, first + count - 1, before + count, roomId);
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return first;
}

/** Ten words, other ones for each number; one word in a thousand messages is rare. */
function contentOf(sequence: number): string {
  const picked = Array.from({ length: 10 }, (_, i) => words[(sequence * (i + 7) + i * i * 13) % words.length]);
  if (sequence % 1000 === 1) picked.push("theremin");
  return picked.join(" ");
}
