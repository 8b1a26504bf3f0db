import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuthTables } from "#src/auth/tables.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import { createLocalBus } from "#src/platform/bus/local-bus.ts";
import type { Database } from "#src/platform/database/database.ts";
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

/** A database of which the next write of chat can be held up. */
function holdable(database: Database<unknown>): { database: Database<unknown>; hold(): Held } {
  let next: (() => Promise<void>) | undefined;
  const wrapped: Database<unknown> = {
    ...database,
    withTables<Other>(service: string): Database<Other> {
      const own = database.withTables<Other>(service);
      if (service !== "chat") return own;
      return {
        ...own,
        async write(work, options) {
          const wait = next;
          next = undefined;
          await wait?.();
          return own.write(work, options);
        },
      };
    },
  };
  return {
    database: wrapped,
    hold() {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      next = () => {
        reached.resolve();
        return released.promise;
      };
      return { reached: reached.promise, release: released.resolve };
    },
  };
}

let app: TestApp;
let database: Database<unknown>;
let hold: () => Held;
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

/** Begins something that keeps somebody's name, has them erased before it is written, and lets it go on. */
async function meanwhileErased(gone: Person, act: () => Promise<unknown>): Promise<string> {
  const held = hold();
  const ended = reasonOf(act());
  await held.reached;
  await gone.auth.deleteAccount({ password: gone.password });
  const cursor = () =>
    database.withTables<ChatTables>("chat").read.selectFrom("chat_cursors").select("sequence").executeTakeFirst();
  const erased = database.withTables<AuthTables>("auth").read;
  const last = () =>
    erased.selectFrom("auth_erasures").select("sequence").orderBy("sequence", "desc").executeTakeFirst();
  await expect.poll(async () => (await cursor())?.sequence).toBe((await last())?.sequence);
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
