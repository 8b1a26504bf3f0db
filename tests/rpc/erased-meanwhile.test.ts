import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuthTables } from "#src/auth/tables.ts";
import { roomKey, userKey } from "#src/chat/keys.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import { createLocalBus } from "#src/platform/bus/local-bus.ts";
import type { Database } from "#src/platform/database/database.ts";
import type { RoomId, UserId } from "#src/platform/ids.ts";
import { createLog } from "#src/platform/log.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { dropDatabaseOf, openDatabase, tablesHolding } from "../kit/databases.ts";
import { type Person, person } from "../kit/people.ts";
import { reasonOf } from "./chat-kit.ts";

/** A chat write that is held up between deciding to write and writing. */
interface Held {
  readonly reached: Promise<void>;
  release(): void;
}

/** A database of which the next write of chat that is about a key, or any, can be held up. */
function holdable(database: Database<unknown>): { database: Database<unknown>; hold(key?: string): Held } {
  let next: { key: string | undefined; wait: () => Promise<void> } | undefined;
  const wrapped: Database<unknown> = {
    ...database,
    withTables<Other>(service: string): Database<Other> {
      const own = database.withTables<Other>(service);
      if (service !== "chat") return own;
      return {
        ...own,
        async write(work, options) {
          const held = next;
          if (held !== undefined && (held.key === undefined || options?.keys?.includes(held.key) === true)) {
            next = undefined;
            await held.wait();
          }
          return own.write(work, options);
        },
      };
    },
  };
  return {
    database: wrapped,
    hold(key) {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      next = {
        key,
        wait: () => {
          reached.resolve();
          return released.promise;
        },
      };
      return { reached: reached.promise, release: released.resolve };
    },
  };
}

let app: TestApp;
let database: Database<unknown>;
let hold: (key?: string) => Held;
let root: Person;
const log = createLog({ level: "error", format: "json" });
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "veza-test-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  stack.defer(() => dropDatabaseOf(folder));
  const opened = holdable(stack.use(await openDatabase(folder)));
  ({ database, hold } = opened);
  app = stack.use(await startApp({ overrides: { shared: { bus: createLocalBus({ log }), database } } }));
  root = await person(app, "root");
});
afterAll(() => stack.disposeAsync());

/** What chat keeps of somebody's name. */
const kept = async ({ username }: Person) =>
  (await tablesHolding(database, username)).filter((table) => table.startsWith("chat_"));

/** Resolves once chat has done what an erasure asks of it. */
async function erasureFollowed(): Promise<void> {
  const cursor = () =>
    database.withTables<ChatTables>("chat").read.selectFrom("chat_cursors").select("sequence").executeTakeFirst();
  const erased = database.withTables<AuthTables>("auth").read;
  const last = () =>
    erased.selectFrom("auth_erasures").select("sequence").orderBy("sequence", "desc").executeTakeFirst();
  await expect.poll(async () => (await cursor())?.sequence).toBe((await last())?.sequence);
}

/** Begins something that keeps somebody's name, has them erased before it is written, and lets it go on. */
async function meanwhileErased(gone: Person, act: () => Promise<unknown>): Promise<string> {
  const held = hold();
  const ended = reasonOf(act());
  await held.reached;
  await gone.auth.deleteAccount({ password: gone.password });
  await erasureFollowed();
  held.release();
  return ended;
}

test("who is erased before a first message is written to them leaves no name", async () => {
  const gone = await person(app, "gone-direct");
  const send = () => root.chat.sendDirectMessage({ recipientId: gone.id, content: "hello" });
  expect(await meanwhileErased(gone, send)).toBe("USER_NOT_FOUND");
  expect(await kept(gone)).toEqual([]);
});

test("who is erased before a ban is written leaves no name", async () => {
  const gone = await person(app, "gone-banned");
  const { room } = await root.chat.createRoom({ name: "a room" });
  const ban = () => root.chat.banUser({ roomId: room?.id ?? "", userId: gone.id });
  expect(await meanwhileErased(gone, ban)).toBe("USER_NOT_FOUND");
  expect(await kept(gone)).toEqual([]);
});

test("who joins a room while being erased leaves no name", async () => {
  const gone = await person(app, "gone-joining");
  const { room } = await root.chat.createRoom({ name: "a room" });
  const join = () => gone.chat.joinRoom({ roomId: room?.id ?? "" });
  expect(await meanwhileErased(gone, join)).toBe("USER_NOT_FOUND");
  expect(await kept(gone)).toEqual([]);
});

test("who makes a room while being erased leaves no name", async () => {
  const gone = await person(app, "gone-making");
  expect(await meanwhileErased(gone, () => gone.chat.createRoom({ name: "a room" }))).toBe("USER_NOT_FOUND");
  expect(await kept(gone)).toEqual([]);
});

test("who says something while their memberships are being ended leaves no name", async () => {
  const gone = await person(app, "gone-talking");
  const { room } = await root.chat.createRoom({ name: "a room" });
  const roomId = room?.id ?? "";
  await gone.chat.joinRoom({ roomId });
  const saying = hold(roomKey(roomId as RoomId));
  // With a mention: plain words take a way of their own on PostgreSQL.
  const ended = reasonOf(gone.chat.sendMessage({ roomId, content: `I am @${root.username}` }));
  await saying.reached;
  const leaving = hold(userKey(gone.id as UserId));
  await gone.auth.deleteAccount({ password: gone.password });
  await leaving.reached;
  saying.release();
  expect(await ended).toBe("ok");
  leaving.release();
  await erasureFollowed();
  expect(await kept(gone)).toEqual([]);
});
