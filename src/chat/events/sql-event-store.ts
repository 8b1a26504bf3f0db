import { type CompiledQuery, sql } from "kysely";
import type { Database, Queries } from "../../platform/database/database.ts";
import { prepared } from "../../platform/database/prepared.ts";
import type { RoomId } from "../../platform/ids.ts";
import type { EventRange } from "../../rpc/event-feed/event-feed.ts";
import type { ChatTables } from "../tables.ts";
import type { EventStore } from "./event-store.ts";

/** Rooms that one query asks for. */
const roomsAtOnce = 500;

type TakenRow = { head_sequence: number; message_count: number };

export function createSqlEventStore(database: Database<ChatTables>): EventStore {
  const { read } = database;
  const takeNumber = prepared<{ roomId: string; messages: number }, TakenRow>(
    (p) =>
      read
        .updateTable("chat_rooms")
        .set({
          head_sequence: sql`head_sequence + 1`,
          message_count: sql`message_count + ${p.messages}`,
        })
        .where("id", "=", p.roomId)
        .returning(["head_sequence", "message_count"]) as unknown as { compile(): CompiledQuery<TakenRow> },
  );
  const insert = prepared<{ roomId: string; sequence: number; messageId: string | null; body: Uint8Array }, never>(
    (p) =>
      read.insertInto("chat_events").values({
        room_id: p.roomId,
        sequence: p.sequence,
        message_id: p.messageId,
        body: p.body,
      }) as unknown as { compile(): CompiledQuery<never> },
  );
  const after = prepared<{ roomId: string; sequence: number; limit: number }, { sequence: number; body: Uint8Array }>(
    (p) =>
      read
        .selectFrom("chat_events")
        .select(["sequence", "body"])
        .where("room_id", "=", p.roomId)
        .where("sequence", ">", p.sequence)
        .orderBy("sequence")
        .limit(p.limit),
  );

  return {
    async takeNumber(tx, roomId, messages) {
      const { rows } = await tx.executeQuery(takeNumber({ roomId, messages }));
      const [row] = rows;
      return row && { sequence: row.head_sequence, messageCount: row.message_count };
    },
    async insert(tx, event) {
      const { roomId, sequence, messageId, body, names } = event;
      await tx.executeQuery(insert({ roomId, sequence, messageId: messageId ?? null, body }));
      if (names.length === 0) return;
      await tx
        .insertInto("chat_event_names")
        .values(names.map((userId) => ({ user_id: Number(userId), room_id: roomId, sequence })))
        .execute();
    },
    async forget(tx: Queries<ChatTables>, roomId, upTo) {
      await tx.deleteFrom("chat_events").where("room_id", "=", roomId).where("sequence", "<=", upTo).execute();
      await tx.updateTable("chat_rooms").set({ floor_sequence: upTo }).where("id", "=", roomId).execute();
    },
    async ranges(roomIds) {
      const found = new Map<RoomId, EventRange>();
      for (let from = 0; from < roomIds.length; from += roomsAtOnce) {
        const rows = await read
          .selectFrom("chat_rooms")
          .select(["id", "head_sequence", "floor_sequence"])
          .where("id", "in", roomIds.slice(from, from + roomsAtOnce))
          .execute();
        for (const row of rows) found.set(row.id as RoomId, { head: row.head_sequence, floor: row.floor_sequence });
      }
      return found;
    },
    async after(roomId, sequence, limit) {
      const { rows } = await read.executeQuery(after({ roomId, sequence, limit }));
      return rows;
    },
    async roomsOf(userId, limit) {
      const rows = await read
        .selectFrom("chat_members")
        .select("room_id")
        .where("user_id", "=", Number(userId))
        .orderBy("joined_at")
        .limit(limit)
        .execute();
      return rows.map((row) => row.room_id as RoomId);
    },
  };
}
