import { type RawBuilder, sql } from "kysely";

/** How many numbers of a room share one count of deleted messages. */
export const deletedStretch = 4096;

/**
 * The messages of others after a member's `last_read_sequence`, deleted ones not counted: what the room has counted
 * since, less the member's own, less the deleted ones. Of those, whole stretches of numbers are counted already, so
 * that it takes the same few rows however long the room is. `member` and `room` name the tables in the query.
 */
export function unreadOf(member: string, room: string): RawBuilder<number> {
  const of = (column: string) => sql.ref(`${member}.${column}`);
  const stretch = sql.lit(deletedStretch);
  return sql<number>`(
    ${sql.ref(`${room}.message_count`)} - ${of("read_count")} - ${of("own_unread")}
    - (
      SELECT coalesce(sum(counted.deleted), 0) FROM chat_deleted_counts AS counted
      WHERE counted.room_id = ${of("room_id")} AND counted.stretch > ${of("last_read_sequence")} / ${stretch}
    )
    - (
      SELECT count(*) FROM chat_messages AS gone
      WHERE gone.room_id = ${of("room_id")} AND gone.is_deleted = 1
        AND gone.sequence > ${of("last_read_sequence")}
        AND gone.sequence < (${of("last_read_sequence")} / ${stretch} + 1) * ${stretch}
    )
  )`;
}
