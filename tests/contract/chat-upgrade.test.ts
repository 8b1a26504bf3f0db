import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { ChatEventSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { createSqlEventStore } from "#src/chat/events/sql-event-store.ts";
import { chatMigrations } from "#src/chat/migrations.ts";
import { postgresSearchMigrations } from "#src/chat/store/postgres-search-migrations.ts";
import { openSearchIndex } from "#src/chat/store/search-backend.ts";
import { createSqlErasureStore } from "#src/chat/store/sql-erasure-store.ts";
import { createSqlMemberStore } from "#src/chat/store/sql-member-store.ts";
import { createSqlReadStateStore } from "#src/chat/store/sql-read-state-store.ts";
import { sqliteSearchMigrations } from "#src/chat/store/sqlite-search-migrations.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import type { Migrations } from "#src/platform/database/database.ts";
import { migrate } from "#src/platform/database/migrate.ts";
import type { RoomId, UserId } from "#src/platform/ids.ts";
import { dropDatabaseOf, openDatabase, present } from "../kit/databases.ts";

const roomId = "01990000-0000-7000-8000-00000000000a" as RoomId;

test.each(present)("what was said before there were counts and a search is read, and found, on %s", async (backend) => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "veza-test-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  stack.defer(() => dropDatabaseOf(folder));
  const opened = stack.use(await openDatabase(folder, { backend, tables: "empty" }));

  const names = Object.keys(chatMigrations).slice(0, 2);
  const first = Object.fromEntries(names.map((name) => [name, chatMigrations[name]])) as Migrations;
  await migrate(opened, "chat", first);
  const database = opened.withTables<ChatTables>("chat");
  await database.write(async (tx) => {
    await sql`
      INSERT INTO chat_rooms (id, name, description, type, visibility, created_by, created_at, head_sequence, message_count)
      VALUES (${roomId}, 'old', '', 1, 1, 1, 0, 12, 9)`.execute(tx);
    await sql`
      INSERT INTO chat_members (room_id, user_id, username, role, joined_at) VALUES (${roomId}, 1, 'Ann', 4, 0)`.execute(
      tx,
    );
    for (let sequence = 4; sequence <= 12; sequence++) {
      const isDeleted = Number(sequence === 7);
      await sql`
        INSERT INTO chat_messages
          (id, room_id, sequence, sender_id, sender_username, content, type, created_at, is_deleted)
        VALUES (${`01990000-0000-7000-8000-0000000000${sequence + 10}`}, ${roomId}, ${sequence}, 2, 'Bob', ${isDeleted ? "" : `tune ${sequence} 東京都`}, 1, 0, ${isDeleted})`.execute(
        tx,
      );
    }
  });

  await migrate(opened, "chat", chatMigrations);
  // Words were held another way once.
  const searchMigrations = backend === "sqlite" ? sqliteSearchMigrations : postgresSearchMigrations;
  await migrate(opened, "chat_search", { "0001_words": searchMigrations["0001_words"] } as Migrations);
  const index = await openSearchIndex(opened);

  const states = createSqlReadStateStore();
  const me = "1" as UserId;
  expect(await states.find(database.read, roomId, me)).toEqual({
    roomId,
    lastReadSequence: 12,
    unread: 0,
    mentions: 0,
  });
  const rows = await database.read.selectFrom("chat_messages").select("ordinal").orderBy("sequence").execute();
  expect(rows.map(({ ordinal }) => Number(ordinal))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(await database.read.selectFrom("chat_deleted_counts").selectAll().execute()).toMatchObject([{ deleted: 1 }]);
  expect(await createSqlMemberStore().named(database.read, roomId, ["ann"])).toMatchObject([{ username: "Ann" }]);

  await index.catchUp();
  for (const word of ["tune", "京都"]) {
    const terms = [{ word, isBeginning: false }];
    const { found, next } = await index.look({ terms, roomId, before: undefined, limit: 20, stretches: 1 });
    expect(found.map(({ messageId }) => messageId.slice(-2))).toEqual(["22", "21", "20", "19", "18", "16", "15", "14"]);
    expect(next).toBe(undefined);
  }
});

test.each(present)("whom events of before name is known after, on %s", async (backend) => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "veza-test-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  stack.defer(() => dropDatabaseOf(folder));
  const opened = stack.use(await openDatabase(folder, { backend, tables: "empty" }));
  const names = Object.keys(chatMigrations);
  const before = names.slice(0, names.indexOf("0009_event_names"));
  await migrate(opened, "chat", Object.fromEntries(before.map((name) => [name, chatMigrations[name]])) as Migrations);
  const database = opened.withTables<ChatTables>("chat");
  const joined = (sequence: number) =>
    create(ChatEventSchema, {
      roomId,
      sequence: BigInt(sequence),
      actorId: "7",
      payload: { case: "memberJoined", value: { member: { userId: String(sequence + 10), username: "Ann" } } },
    });
  await database.write(async (tx) => {
    await sql`
      INSERT INTO chat_rooms (id, name, description, type, visibility, created_by, created_at, head_sequence, message_count)
      VALUES (${roomId}, 'old', '', 1, 1, 1, 0, 600, 0)`.execute(tx);
    for (let sequence = 1; sequence <= 600; sequence++) {
      const body = toBinary(ChatEventSchema, joined(sequence));
      await tx.insertInto("chat_events").values({ room_id: roomId, sequence, message_id: null, body }).execute();
    }
  });

  await migrate(opened, "chat", chatMigrations);
  const { read } = database;
  const erasures = createSqlErasureStore();
  expect(await erasures.eventsNaming(read, "7" as UserId, 1000)).toHaveLength(600);
  expect(await erasures.eventsNaming(read, "610" as UserId, 1000)).toEqual([{ roomId, sequence: 600 }]);

  await database.write((tx) => createSqlEventStore(database).forget(tx, roomId, 599));
  expect(await erasures.eventsNaming(read, "7" as UserId, 1000)).toEqual([{ roomId, sequence: 600 }]);
  await database.write((tx) => erasures.unnameEvent(tx, { roomId, sequence: 600 }, "610" as UserId));
  const [{ body } = { body: new Uint8Array() }] = await read.selectFrom("chat_events").select("body").execute();
  expect(fromBinary(ChatEventSchema, body)).toMatchObject({
    actorId: "7",
    payload: { value: { member: { userId: "610", username: "" } } },
  });
  expect(await erasures.eventsNaming(read, "610" as UserId, 1000)).toEqual([]);
});
