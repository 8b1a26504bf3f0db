import type { Queries } from "../../platform/database/database.ts";
import type { RoomId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { Member } from "./member-store.ts";
import type { ReadStateStore, Unread } from "./read-state-store.ts";
import type { Room } from "./room-store.ts";
import { deletedStretch, unreadOf } from "./unread-sql.ts";

type Tx = Queries<ChatTables>;

/** Read states in SQL. */
export function createSqlReadStateStore(): ReadStateStore {
  const select = (queries: Tx) =>
    queries
      .selectFrom("chat_members as mine")
      .innerJoin("chat_rooms as room", "room.id", "mine.room_id")
      .select(["mine.room_id", "mine.last_read_sequence", "mine.mentions_unread"])
      .select(unreadOf("mine", "room").as("unread"));

  return {
    async find(queries, roomId, userId) {
      const row = await select(queries)
        .where("mine.room_id", "=", roomId)
        .where("mine.user_id", "=", Number(userId))
        .executeTakeFirst();
      return row && unreadIn(row);
    },

    async ofUser(queries, userId, limit) {
      const rows = await select(queries)
        .where("mine.user_id", "=", Number(userId))
        .orderBy("mine.joined_at", "desc")
        .orderBy("mine.room_id", "desc")
        .limit(limit)
        .execute();
      return rows.map(unreadIn);
    },

    async mark(tx, member, room, sequence) {
      // Almost always everything was read: then nothing has to be counted.
      const counts =
        sequence === room.headSequence
          ? { read_count: room.messageCount, own_unread: 0, mentions_unread: 0 }
          : await countsAt(tx, member, room, sequence);
      await tx
        .updateTable("chat_members")
        .set({ last_read_sequence: sequence, ...counts })
        .where("room_id", "=", room.id)
        .where("user_id", "=", Number(member.userId))
        .execute();
    },

    async forgetMessage(tx, { roomId, sequence, senderId }) {
      await tx
        .insertInto("chat_deleted_counts")
        .values({ room_id: roomId, stretch: Math.floor(sequence / deletedStretch), deleted: 1 })
        .onConflict((conflict) =>
          conflict
            .columns(["room_id", "stretch"])
            .doUpdateSet((eb) => ({ deleted: eb("chat_deleted_counts.deleted", "+", 1) })),
        )
        .execute();
      await tx
        .updateTable("chat_members")
        .set((eb) => ({ own_unread: eb("own_unread", "-", 1) }))
        .where("room_id", "=", roomId)
        .where("user_id", "=", Number(senderId))
        .where("last_read_sequence", "<", sequence)
        .execute();
    },
  };
}

async function countsAt(tx: Tx, member: Member, room: Room, sequence: number) {
  const { roomId, lastReadSequence } = member;
  const userId = Number(member.userId);
  const last = await tx
    .selectFrom("chat_messages")
    .select("ordinal")
    .where("room_id", "=", roomId)
    .where("sequence", "<=", sequence)
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();

  const ownBetween = async (after: number, upTo: number): Promise<number> => {
    const { count } = await tx
      .selectFrom("chat_messages")
      .select((eb) => eb.fn.countAll().as("count"))
      .where("room_id", "=", roomId)
      .where("sequence", ">", after)
      .where("sequence", "<=", upTo)
      .where("sender_id", "=", userId)
      .where("is_deleted", "=", 0)
      .executeTakeFirstOrThrow();
    return Number(count);
  };
  // Counted on the shorter side: who reads bit by bit, or nearly to the end, has little counted.
  const isNearEnd = room.headSequence - sequence < sequence - lastReadSequence;
  const own = isNearEnd
    ? await ownBetween(sequence, room.headSequence)
    : (await ownUnread(tx, member)) - (await ownBetween(lastReadSequence, sequence));

  const { mentions } = await tx
    .selectFrom("chat_mentions")
    .select((eb) => eb.fn.countAll().as("mentions"))
    .where("user_id", "=", userId)
    .where("room_id", "=", roomId)
    .where("sequence", ">", sequence)
    .executeTakeFirstOrThrow();
  return { read_count: Number(last?.ordinal ?? 0), own_unread: own, mentions_unread: Number(mentions) };
}

async function ownUnread(tx: Tx, { roomId, userId }: Member): Promise<number> {
  const row = await tx
    .selectFrom("chat_members")
    .select("own_unread")
    .where("room_id", "=", roomId)
    .where("user_id", "=", Number(userId))
    .executeTakeFirstOrThrow();
  return Number(row.own_unread);
}

function unreadIn(row: {
  room_id: string;
  last_read_sequence: number;
  mentions_unread: number;
  unread: number;
}): Unread {
  return {
    roomId: row.room_id as RoomId,
    lastReadSequence: Number(row.last_read_sequence),
    unread: Number(row.unread),
    mentions: Number(row.mentions_unread),
  };
}
