import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChatEventSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { dropDatabaseOf, postgresOf, present } from "../kit/databases.ts";
import { outcome } from "../kit/failures.ts";
import { clientsOf, type Person, person } from "../kit/people.ts";

// Two processes on one database, that do not hear of each other: what one remembers, the other may have changed.
describe.runIf(present.includes("postgres"))("two processes on one PostgreSQL", () => {
  const folder = mkdtemp(join(tmpdir(), "veza-postgres-test-"));
  let one: TestApp;
  let other: TestApp;
  let owner: Person;
  let bob: Person;
  /** The same people, at the other process. */
  let ownerThere: ReturnType<typeof clientsOf>;
  let bobThere: ReturnType<typeof clientsOf>;

  beforeAll(async () => {
    const env = {
      VEZA_DATABASE_URL: await postgresOf(await folder),
      VEZA_CLUSTER_SECRET: "a secret that both processes know of",
    };
    one = await startApp({ env });
    other = await startApp({ env });
    owner = await person(one, "owner");
    bob = await person(one, "bob");
    ownerThere = clientsOf(other.gateway, owner.accessToken);
    bobThere = clientsOf(other.gateway, bob.accessToken);
  });
  afterAll(async () => {
    await one?.[Symbol.asyncDispose]();
    await other?.[Symbol.asyncDispose]();
    await dropDatabaseOf(await folder);
    await rm(await folder, { recursive: true });
  });

  async function roomOfBoth(): Promise<string> {
    const { room } = await owner.chat.createRoom({ name: "a room" });
    const roomId = room?.id ?? "";
    await bob.chat.joinRoom({ roomId });
    return roomId;
  }
  const sayHere = async (roomId: string, content = "a word") => {
    const ended = await outcome(bob.chat.sendMessage({ roomId, content }));
    return ended === "ok" ? ended : ended.reason;
  };

  test("whatever is changed in one decides in the other at once", async () => {
    const roomId = await roomOfBoth();
    const target = { roomId, userId: bob.id };
    const steps: [() => Promise<unknown>, string][] = [
      [() => ownerThere.chat.muteUser(target), "MUTED"],
      [() => ownerThere.chat.unmuteUser(target), "ok"],
      [() => ownerThere.chat.updateRoom({ roomId, blockedWords: ["word"] }), "ok"],
      [() => ownerThere.chat.updateRoom({ roomId, slowMode: { seconds: 3600n, nanos: 0 } }), "SLOW_MODE"],
      [() => ownerThere.chat.updateRoom({ roomId, slowMode: { seconds: 0n, nanos: 0 } }), "ok"],
      [() => ownerThere.chat.kickUser(target), "NOT_A_MEMBER"],
      [() => bobThere.chat.joinRoom({ roomId }), "ok"],
      [() => ownerThere.chat.banUser(target), "BANNED"],
      [() => ownerThere.chat.unbanUser(target), "NOT_A_MEMBER"],
      [() => bobThere.chat.joinRoom({ roomId }), "ok"],
      [() => ownerThere.chat.archiveRoom({ roomId }), "ROOM_ARCHIVED"],
    ];
    expect(await sayHere(roomId)).toBe("ok");
    for (const [change, expected] of steps) {
      await change();
      expect(await sayHere(roomId, "hello")).toBe(expected);
    }
  });

  test("a ban in one is the last that the other hears of the banned", async () => {
    const roomId = await roomOfBoth();
    const sending = Array.from({ length: 60 }, (_, index) => sayHere(roomId, `message ${index}`));
    await ownerThere.chat.banUser({ roomId, userId: bob.id });
    const reasons = new Set(await Promise.all(sending));
    expect([...reasons].filter((reason) => reason !== "ok" && reason !== "BANNED")).toEqual([]);
    const events = await eventsOf(roomId);
    const ban = events.findIndex(({ payload }) => payload.case === "sanctionImposed");
    expect(ban).toBeGreaterThan(0);
    expect(events.slice(ban).filter(({ payload }) => payload.case === "messageSent")).toEqual([]);
  });

  test("both send into one room at once: every number once, in the events as in the messages", async () => {
    const roomId = await roomOfBoth();
    // Beyond 127 numbers take another byte.
    const sent = await Promise.all(
      Array.from({ length: 160 }, async (_, index) => {
        const { chat } = index % 2 === 0 ? bob : ownerThere;
        const wish = { roomId, content: `message ${index}`, requestId: `request ${index}` };
        const [first, again] = await Promise.all([chat.sendMessage(wish), chat.sendMessage(wish)]);
        expect(again.message?.id).toBe(first.message?.id);
        return first.message;
      }),
    );
    const events = await eventsOf(roomId);
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, index) => index + 1));
    const told = events.flatMap(({ payload, sequence }) => {
      if (payload.case !== "messageSent") return [];
      expect(payload.value.message?.sequence).toBe(sequence);
      return [payload.value.message?.id];
    });
    expect(told).toHaveLength(160);
    expect([...told].sort()).toEqual(sent.map((message) => message?.id).sort());
    const { messages } = await bob.chat.getMessageHistory({ roomId, limit: 200 });
    expect(messages.map(({ id }) => id).reverse()).toEqual(told);
    const { room } = await owner.chat.getRoomInfo({ roomId });
    expect(room?.headSequence).toBe(events.at(-1)?.sequence);
  });

  async function eventsOf(roomId: string) {
    const rows = await one.app.platform.database
      .withTables<ChatTables>("chat")
      .read.selectFrom("chat_events")
      .select("body")
      .where("room_id", "=", roomId)
      .orderBy("sequence")
      .execute();
    return rows.map(({ body }) => fromBinary(ChatEventSchema, body));
  }
});
