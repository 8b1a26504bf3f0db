import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloseReason, ResumeState } from "#gen/veza/chat/v1/chat_event_pb.ts";
import {
  SubscribeToChatEventsRequestSchema,
  type SubscribeToChatEventsResponse,
  SubscribeToChatEventsResponseSchema,
} from "#gen/veza/chat/v1/chat_service_pb.ts";
import { type ChatWrites, createChatWrites } from "#src/chat/events/event-log.ts";
import { createFollowing, type Following } from "#src/chat/events/following.ts";
import { createSqlEventStore } from "#src/chat/events/sql-event-store.ts";
import { chatMigrations } from "#src/chat/migrations.ts";
import type { Attendance } from "#src/chat/online.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import type { Principal } from "#src/platform/access/principal.ts";
import type { Bus } from "#src/platform/bus/bus.ts";
import { createLocalBus } from "#src/platform/bus/local-bus.ts";
import { systemClock } from "#src/platform/clock.ts";
import { migrate } from "#src/platform/database/migrate.ts";
import { createSqliteDatabase } from "#src/platform/database/sqlite-database.ts";
import type { MessageId, RoomId, SessionId, UserId } from "#src/platform/ids.ts";
import { newId } from "#src/platform/ids.ts";
import { limits } from "#src/platform/limits.ts";
import { createLog } from "#src/platform/log.ts";
import { createMetrics } from "#src/platform/telemetry/metrics.ts";
import type { PushSink } from "#src/rpc/push-stream.ts";

const caller: Principal = {
  userId: "7" as UserId,
  username: "ada",
  role: "user",
  sessionId: "s" as SessionId,
  issuedAt: 0,
  expiresAt: Number.MAX_SAFE_INTEGER,
};

/** A bus that loses, doubles and reorders, as its random numbers say. */
function unreliableBus(bus: Bus, random: () => number): Bus {
  const held: (() => void)[] = [];
  return {
    ...bus,
    publish(subject, payload) {
      const bytes = Uint8Array.from(payload);
      const fate = random();
      if (fate < 0.15) return;
      if (fate < 0.3) {
        held.push(() => bus.publish(subject, bytes));
        return;
      }
      bus.publish(subject, bytes);
      if (fate < 0.45) bus.publish(subject, bytes);
      if (fate > 0.6) for (const late of held.splice(0).reverse()) late();
    },
  };
}

/** A reader that takes frames as it likes. */
class Reader {
  readonly frames: SubscribeToChatEventsResponse["frame"][] = [];
  ended: { error: unknown } | undefined;
  /** False while the reader takes nothing. */
  ready = true;
  #drain: (() => void)[] = [];
  #close: (() => void)[] = [];
  #closed = false;

  readonly sink: PushSink = {
    format: "proto",
    write: (bytes) => {
      if (this.#closed) return true;
      const view = Buffer.from(bytes);
      for (let at = 0; at < view.length; ) {
        const length = view.readUInt32BE(at + 1);
        this.frames.push(fromBinary(SubscribeToChatEventsResponseSchema, view.subarray(at + 5, at + 5 + length)).frame);
        at += 5 + length;
      }
      return this.ready;
    },
    onDrain: (listener) => void this.#drain.push(listener),
    onClose: (listener) => void this.#close.push(listener),
    end: (error) => {
      this.ended = { error };
      this.cut();
    },
  };

  drain(): void {
    this.ready = true;
    for (const listener of this.#drain) listener();
  }

  cut(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of this.#close) listener();
  }

  get sequences(): number[] {
    return this.frames.flatMap((frame) => (frame.case === "event" ? [Number(frame.value.sequence)] : []));
  }
}

describe("following a room", () => {
  const log = createLog({ level: "silent", format: "json" });
  let dir: string;
  let database: ReturnType<typeof createSqliteDatabase>;
  let writes: ChatWrites;
  let reliable: Bus;
  let following: Following;
  let openStreams = 0;
  const cameTo: RoomId[] = [];
  const attendance: Attendance = {
    attend() {
      openStreams += 1;
      return {
        came: (id) => void cameTo.push(id),
        left: () => undefined,
        hasBlocked: () => false,
        [Symbol.dispose]: () => {
          openStreams -= 1;
        },
      };
    },
  };
  let roomId: RoomId;
  let random = Math.random;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "veza-resume-"));
    database = createSqliteDatabase(join(dir, "test.sqlite"));
    await migrate(database, "chat", chatMigrations);
    reliable = createLocalBus({ log });
    useBus(reliable);
    roomId = await newRoom();
  });

  afterEach(async () => {
    following[Symbol.dispose]();
    await database[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  });

  function useBus(bus: Bus): void {
    const tables = database.withTables<ChatTables>("chat");
    const store = createSqlEventStore(tables);
    const metrics = createMetrics();
    writes = createChatWrites({ database: tables, store, bus, metrics });
    const rules = {
      requireReadable: async () => undefined,
      stillReadable: async (_caller: Principal, rooms: readonly RoomId[]) => new Set(rooms),
      blockedBy: async () => [],
    };
    following = createFollowing({ bus, store, rules, attendance, clock: systemClock, log, metrics });
  }

  async function newRoom(): Promise<RoomId> {
    const id = newId<RoomId>();
    const room = { id, name: "", description: "", topic: "", type: 1, visibility: 1, created_by: 7, created_at: 0 };
    await database.withTables<ChatTables>("chat").write((tx) =>
      tx
        .insertInto("chat_rooms")
        .values({
          ...room,
          is_active: 1,
          head_sequence: 0,
          floor_sequence: 0,
          member_count: 1,
          message_count: 0,
          slow_mode_ms: 0,
          blocked_words: "[]",
          direct_key: null,
        })
        .execute(),
    );
    return id;
  }

  function say(room = roomId): Promise<unknown> {
    return writes.write(({ append }) =>
      append({
        roomId: room,
        actorId: caller.userId,
        at: Date.now(),
        messageId: newId<MessageId>(),
        payload: () => ({ case: "messageSent", value: { message: { content: "x" } } }) as never,
      }),
    );
  }

  async function follow(after?: number, room = roomId): Promise<Reader> {
    const reader = new Reader();
    const cursors = after === undefined ? [] : [{ roomId: room, afterSequence: BigInt(after) }];
    const request = create(SubscribeToChatEventsRequestSchema, { roomIds: [room], cursors });
    await following.follow(caller, request, new AbortController().signal, reader.sink);
    return reader;
  }

  async function until(holds: () => boolean): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error("it did not come to be");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const upTo = (last: number, after = 0) => Array.from({ length: last - after }, (_, index) => after + index + 1);

  test("what is said just before, during and after the attach arrives once, in order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 16 }), async (turns) => {
        const room = await newRoom();
        const sending: Promise<unknown>[] = [];
        const readers: Promise<Reader>[] = [];
        for (const turn of turns) {
          sending.push(say(room));
          if (turn === 0) readers.push(follow(0, room));
          if (turn === 1) await Promise.resolve();
          if (turn === 2) await new Promise((resolve) => setImmediate(resolve));
          if (turn === 3) await sending.at(-1);
        }
        readers.push(follow(0, room));
        await Promise.all(sending);
        for (const reader of await Promise.all(readers)) {
          await until(() => reader.sequences.length >= turns.length);
          expect(reader.sequences).toEqual(upTo(turns.length));
          reader.cut();
        }
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  test("lost, doubled and reordered bells make no hole and no double", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 }), async (seed) => {
        following[Symbol.dispose]();
        let state = seed;
        random = () => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          return state / 2 ** 32;
        };
        useBus(unreliableBus(reliable, random));
        const room = await newRoom();
        const readers = [await follow(0, room)];
        for (let sent = 1; sent <= 40; sent += 1) {
          await say(room);
          if (random() < 0.1) readers.push(await follow(Math.floor(random() * sent), room));
        }
        // The last bell may be lost too: the store is asked before long.
        await until(() => readers.every((reader) => reader.sequences.at(-1) === 40));
        for (const reader of readers) {
          const first = reader.sequences[0] ?? 0;
          expect(reader.sequences).toEqual(upTo(40, first - 1));
          reader.cut();
        }
      }),
      { seed: 12, numRuns: 8 },
    );
  });

  test("a cursor older than what is in memory is served from the store, and then from memory", async () => {
    const total = limits.follow.ringEvents * 2 + 17;
    for (let sent = 0; sent < total; sent += 100) {
      await Promise.all(Array.from({ length: Math.min(100, total - sent) }, () => say()));
    }
    const readers = await Promise.all([follow(0), follow(0), follow(total - 5), follow(total), follow()]);
    await say();
    await until(() => readers.every((reader) => reader.sequences.at(-1) === total + 1));
    expect(readers.map((reader) => reader.sequences)).toEqual([
      upTo(total + 1),
      upTo(total + 1),
      upTo(total + 1, total - 5),
      [total + 1],
      [total + 1],
    ]);
    expect(readers[0]?.frames.filter((frame) => frame.case === "caughtUp")).toHaveLength(1);
  });

  test("a cursor that cannot be served asks for a snapshot and goes on from the head", async () => {
    await Promise.all([say(), say(), say()]);
    const tables = database.withTables<ChatTables>("chat");
    await tables.write((tx) => createSqlEventStore(tables).forget(tx, roomId, 2));
    const [forgotten, foreign, fitting] = await Promise.all([follow(1), follow(99), follow(2)]);
    const states = [forgotten, foreign, fitting].map((reader) => {
      const [hello] = reader.frames;
      return hello?.case === "hello" ? hello.value.rooms[0]?.state : undefined;
    });
    expect(states).toEqual([ResumeState.SNAPSHOT_REQUIRED, ResumeState.SNAPSHOT_REQUIRED, ResumeState.RESUMED]);
    await say();
    await until(() => [forgotten, foreign, fitting].every((reader) => reader.sequences.at(-1) === 4));
    expect([forgotten.sequences, foreign.sequences, fitting.sequences]).toEqual([[4], [4], [3, 4]]);
  });

  test("a reader that stops taking is written to no more, and goes on where it was", async () => {
    const slow = await follow(0);
    const quick = await follow(0);
    await say();
    await until(() => slow.sequences.length === 1);
    slow.ready = false;
    await say();
    await until(() => slow.sequences.length === 2);
    for (let sent = 0; sent < 50; sent += 1) await say();
    await until(() => quick.sequences.length === 52);
    expect(slow.sequences).toEqual([1, 2]);
    slow.drain();
    await until(() => slow.sequences.length === 52);
    expect(slow.sequences).toEqual(upTo(52));
  });

  test("a reader too far behind is closed so that it can come back", async () => {
    const slow = await follow(0);
    await say();
    await until(() => slow.sequences.length === 1);
    slow.ready = false;
    const total = limits.follow.lagEvents + 300;
    for (let sent = 0; sent < total; sent += 300) await Promise.all(Array.from({ length: 300 }, () => say()));
    await until(() => slow.ended !== undefined);
    const last = slow.frames.at(-1);
    expect(last?.case).toBe("closing");
    expect(last?.case === "closing" && [last.value.reason, last.value.resumable]).toEqual([CloseReason.TOO_SLOW, true]);
    const seen = slow.sequences.at(-1) ?? 0;
    expect(slow.sequences).toEqual(upTo(seen));

    const back = await follow(seen);
    await until(() => seen + back.sequences.length >= total);
    expect(back.sequences[0]).toBe(seen + 1);
  });

  test("who follows attends, until the stream is cut", async () => {
    const before = openStreams;
    const readers = await Promise.all([follow(0), follow(0)]);
    expect(openStreams).toBe(before + 2);
    // Whoever follows a room without being a member of it does not count as one who is there.
    expect(cameTo).toEqual([]);
    for (const reader of readers) reader.cut();
    expect(openStreams).toBe(before);
  });
});
