import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MemberRole, RoomType, RoomVisibility } from "#gen/veza/chat/v1/room_pb.ts";
import { createSqlMemberStore } from "#src/chat/store/sql-member-store.ts";
import { createSqlReadStateStore } from "#src/chat/store/sql-read-state-store.ts";
import { createSqlRoomStore } from "#src/chat/store/sql-room-store.ts";
import { deletedStretch } from "#src/chat/store/unread-sql.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import type { Database } from "#src/platform/database/database.ts";
import type { RoomId, UserId } from "#src/platform/ids.ts";
import { dropDatabaseOf, openDatabase, present } from "../kit/databases.ts";
import { migrateAll } from "../kit/migrations.ts";
import { randomOf } from "../kit/random.ts";

const roomId = "01990000-0000-7000-8000-00000000000a" as RoomId;
const me = "1" as UserId;
const other = "2" as UserId;

/** A room whose messages lie far apart, over many stretches of numbers. */
describe.each(present)("unread counts over many stretches on %s", (backend) => {
  const stack = new AsyncDisposableStack();
  let database: Database<ChatTables>;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "veza-test-"));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    stack.defer(() => dropDatabaseOf(folder));
    const opened = stack.use(await openDatabase(folder, { backend }));
    await migrateAll(opened);
    database = opened.withTables<ChatTables>("chat");
  });
  afterAll(() => stack.disposeAsync());

  test("are what counting gives, whatever is deleted and marked as read", async () => {
    const random = randomOf(7);
    const members = createSqlMemberStore();
    const states = createSqlReadStateStore();
    const rooms = createSqlRoomStore();
    const head = deletedStretch * 5 + 10;
    const sequences = [
      ...new Set([
        ...Array.from({ length: 6 }, (_, n) => deletedStretch * n).flatMap((edge) => [edge - 1, edge, edge + 1]),
        ...Array.from({ length: 150 }, () => Math.floor(random() * head)),
      ]),
    ]
      .filter((sequence) => sequence > 0)
      .sort((one, two) => one - two);
    const messages = sequences.map((sequence, index) => ({
      sequence,
      ordinal: index + 1,
      senderId: random() < 0.3 ? me : other,
      isDeleted: false,
    }));

    await database.write(async (tx) => {
      const kind = { type: RoomType.PUBLIC, visibility: RoomVisibility.OPEN };
      await rooms.insert(tx, { id: roomId, name: "far", description: "", ...kind, createdBy: me, createdAt: 0 });
      const member = {
        roomId,
        username: "me",
        role: MemberRole.MEMBER,
        joinedAt: 0,
        lastMessageAt: 0,
        lastReadSequence: 0,
      };
      await members.insert(tx, { ...member, userId: me }, 0);
      for (const { sequence, ordinal, senderId } of messages) {
        await tx
          .insertInto("chat_messages")
          .values({
            id: `message ${sequence}`,
            room_id: roomId,
            sequence,
            ordinal,
            sender_id: Number(senderId),
            sender_username: "",
            content: "",
            type: 1,
            created_at: 0,
            updated_at: null,
            is_edited: 0,
            is_deleted: 0,
            reply_to: null,
            reply_count: 0,
            reactions: "[]",
            mentions: "[]",
            pinned_sequence: null,
            attachments: "[]",
          })
          .execute();
      }
      const own = messages.filter(({ senderId }) => senderId === me).length;
      await tx.updateTable("chat_rooms").set({ head_sequence: head, message_count: messages.length }).execute();
      await tx.updateTable("chat_members").set({ own_unread: own }).execute();
    });

    let lastRead = 0;
    for (let n = 0; n < 150; n++) {
      const message = messages[Math.floor(random() * messages.length)];
      await database.write(async (tx) => {
        if (message !== undefined && !message.isDeleted && random() < 0.7) {
          message.isDeleted = true;
          await tx
            .updateTable("chat_messages")
            .set({ is_deleted: 1 })
            .where("sequence", "=", message.sequence)
            .execute();
          await states.forgetMessage(tx, { roomId, ...message });
        }
        if (n % 10 !== 9) return;
        const member = await members.find(tx, roomId, me);
        const room = await rooms.find(tx, roomId);
        if (member === undefined || room === undefined) throw new Error("nobody is there");
        lastRead = Math.min(head, lastRead + Math.floor(random() * deletedStretch));
        await states.mark(tx, member, room, lastRead);
      });
      const waiting = messages.filter(
        ({ sequence, senderId, isDeleted }) => sequence > lastRead && senderId !== me && !isDeleted,
      );
      expect(await states.find(database.read, roomId, me), `after ${n} steps`).toMatchObject({
        lastReadSequence: lastRead,
        unread: waiting.length,
      });
    }
  });
});
