import { DatabaseSync } from "node:sqlite";
import { stretchOf } from "../../src/chat/store/search-index.ts";
import { indexedText } from "../../src/chat/store/sqlite-search-index.ts";
import { deletedStretch } from "../../src/chat/store/unread-sql.ts";
import { deletedOf, type Filling, messagesAfter } from "./history-messages.ts";

/**
 * Fills a room of an app that is not running with messages of somebody, by the service's own tables, as though nobody
 * had read them. What was said before stays; answers with the number of the first message.
 */
export function fillRoom(path: string, { roomId, senderId, count }: Filling): number {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -256000");
  const room = database.prepare("SELECT head_sequence, message_count FROM chat_rooms WHERE id = ?").get(roomId);
  const head = Number(room?.head_sequence ?? 0);
  const before = Number(room?.message_count ?? 0);
  const insert = database.prepare(
    `INSERT INTO chat_messages
       (id, room_id, sequence, ordinal, sender_id, sender_username, content, type, created_at, is_deleted)
     VALUES (?, ?, ?, ?, ?, 'bench1', ?, 1, ?, ?)`,
  );
  const note = database.prepare("INSERT INTO chat_search_documents (id, message_id, is_indexed) VALUES (?, ?, 1)");
  const takeIn = database.prepare("INSERT INTO chat_search_words (rowid, words) VALUES (?, ?)");
  const place = database.prepare("INSERT OR IGNORE INTO chat_search_rooms (room_id, stretch) VALUES (?, ?)");
  const began = Date.now() - count * 1000;
  database.exec("BEGIN");
  for (const { id, sequence, content, isDeleted } of messagesAfter(head, count)) {
    const ordinal = before + sequence - head;
    const at = began + (sequence - head) * 1000;
    insert.run(id, roomId, sequence, ordinal, Number(senderId), content, at, Number(isDeleted));
    if (!isDeleted) {
      note.run(sequence, id);
      takeIn.run(sequence, indexedText(sequence, { roomId, content }));
      place.run(roomId, stretchOf(sequence));
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
    .run(count - deletedOf(count), roomId, Number(senderId));
  database
    .prepare("UPDATE chat_rooms SET head_sequence = ?, floor_sequence = ?, message_count = ? WHERE id = ?")
    .run(head + count, head + count, before + count, roomId);
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return head + 1;
}
