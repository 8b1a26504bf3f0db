import { DatabaseSync } from "node:sqlite";

const words =
  "album bass beat chord chorus crowd drum echo encore festival groove guitar harmony hook jazz keys live lyric melody mix night note piano record remix rhythm riff set show song sound stage synth tempo tonight tour track tune vinyl voice".split(
    " ",
  );

/** A message's id, which sorts as its number does. */
export function messageIdOf(sequence: number): string {
  return `01900000-0000-7000-8000-${sequence.toString(16).padStart(12, "0")}`;
}

/**
 * Fills a room of an app that is not running with messages, by the service's own tables. What was said before stays;
 * answers with the number of the first message.
 */
export function fillRoom(path: string, roomId: string, senderId: string, count: number): number {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -256000");
  const head = database.prepare("SELECT head_sequence FROM chat_rooms WHERE id = ?").get(roomId);
  const first = Number(head?.head_sequence ?? 0) + 1;
  const insert = database.prepare(
    `INSERT INTO chat_messages (id, room_id, sequence, sender_id, sender_username, content, type, created_at)
     VALUES (?, ?, ?, ?, 'bench0', ?, 1, ?)`,
  );
  const began = Date.now() - count * 1000;
  database.exec("BEGIN");
  for (let sequence = first; sequence < first + count; sequence += 1) {
    insert.run(messageIdOf(sequence), roomId, sequence, Number(senderId), contentOf(sequence), began + sequence * 1000);
  }
  database
    .prepare("UPDATE chat_rooms SET head_sequence = ?, floor_sequence = ?, message_count = ? WHERE id = ?")
    .run(first + count - 1, first + count - 1, count, roomId);
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return first;
}

/** Ten words, other ones for each number; one word in a thousand messages is rare. */
function contentOf(sequence: number): string {
  const picked = Array.from({ length: 10 }, (_, i) => words[(sequence * (i + 7) + i * i * 13) % words.length]);
  if (sequence % 1000 === 0) picked.push("theremin");
  return picked.join(" ");
}
