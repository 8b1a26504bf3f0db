import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UserRole } from "#gen/veza/auth/v1/user_pb.ts";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { ModerationAction } from "#gen/veza/chat/v1/moderation_pb.ts";
import type { AuthTables } from "#src/auth/tables.ts";
import { roomKey, userKey } from "#src/chat/keys.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import { createLocalBus } from "#src/platform/bus/local-bus.ts";
import type { Database, Queries } from "#src/platform/database/database.ts";
import type { RoomId, UserId } from "#src/platform/ids.ts";
import { createLog } from "#src/platform/log.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { dropDatabaseOf, openDatabase, tablesHolding } from "../kit/databases.ts";
import { keptFiles, postFile } from "../kit/files.ts";
import { clientsOf, type Person, person } from "../kit/people.ts";
import { reasonOf } from "./chat-kit.ts";

/** A chat write that is held up between deciding to write and writing. */
interface Held {
  readonly reached: Promise<void>;
  release(): void;
}

type Keys = readonly string[] | undefined;
type Hold = (isMeant: (keys: Keys) => boolean) => Held;

/** What calls write names keys; what the service does by itself, now and then, is about nothing, or everything. */
const ofCalls = (keys: Keys) => keys !== undefined && keys.length > 0;
const aboutAll = (keys: Keys) => keys === undefined;
const about = (key: string) => (keys: Keys) => keys?.includes(key) === true;

/** A database of which the next write of chat that is meant can be held up. */
function holdable(database: Database<unknown>): { database: Database<unknown>; hold: Hold } {
  let next: { isMeant: (keys: Keys) => boolean; wait: () => Promise<void> } | undefined;
  const wrapped: Database<unknown> = {
    ...database,
    withTables<Other>(service: string): Database<Other> {
      const own = database.withTables<Other>(service);
      if (service !== "chat") return own;
      return {
        ...own,
        async write(work, options) {
          const held = next;
          if (held?.isMeant(options?.keys) === true) {
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
    hold(isMeant) {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      next = {
        isMeant,
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
let hold: Hold;
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
async function meanwhileErased(gone: Person, act: () => Promise<unknown>, isMeant = ofCalls): Promise<string> {
  const held = hold(isMeant);
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
  expect(await meanwhileErased(gone, send, aboutAll)).toBe("USER_NOT_FOUND");
  expect(await kept(gone)).toEqual([]);
});

test("who is erased before a ban is written leaves no name", async () => {
  const gone = await person(app, "gone-banned");
  const { room } = await root.chat.createRoom({ name: "a room" });
  const ban = () => root.chat.banUser({ roomId: room?.id ?? "", userId: gone.id });
  expect(await meanwhileErased(gone, ban)).toBe("USER_NOT_FOUND");
  expect(await kept(gone)).toEqual([]);
});

/** Where chat would keep that somebody did, has or wants something; logs stay. */
const places = [
  ["chat_members", "user_id"],
  ["chat_messages", "sender_id"],
  ["chat_reactions", "user_id"],
  ["chat_mentions", "user_id"],
  ["chat_event_names", "user_id"],
  ["chat_attachments", "uploader_id"],
  ["chat_file_usage", "user_id"],
  ["chat_requests", "user_id"],
  ["chat_reports", "reported_by"],
  ["chat_statuses", "user_id"],
  ["chat_blocks", "user_id"],
  ["chat_blocks", "blocked_id"],
] as const;

/** Those of the places where somebody is found by their id. */
async function keptById({ id }: Person): Promise<string[]> {
  const read = database.read as Queries<Record<string, Record<string, unknown>>>;
  const found: string[] = [];
  for (const [table, column] of places) {
    const rows = await read.selectFrom(table).select(column).where(column, "=", Number(id)).execute();
    if (rows.length > 0) found.push(`${table}.${column}`);
  }
  return found;
}

/** What a person who is erased meanwhile was about to do, what they had done before, and what they hear. */
const lastActs: Record<
  string,
  {
    before?: (gone: Person) => Promise<string>;
    act: (gone: Person, id: string) => Promise<unknown>;
    hears?: string;
    isMeant?: (keys: Keys) => boolean;
  }
> = {
  "joins a room": { before: newRoom, act: (gone, roomId) => gone.chat.joinRoom({ roomId }) },
  "makes a room": { act: (gone) => gone.chat.createRoom({ name: "a room", requestId: "once" }) },
  "writes to somebody for the first time": {
    act: (gone) => gone.chat.sendDirectMessage({ recipientId: root.id, content: "hello", requestId: "once" }),
    isMeant: aboutAll,
  },
  "writes to somebody again": {
    before: (gone) => written(gone.chat.sendDirectMessage({ recipientId: root.id, content: "hello" })),
    act: (gone) => gone.chat.sendDirectMessage({ recipientId: root.id, content: "and so on", requestId: "once" }),
  },
  "blocks somebody": { act: (gone) => gone.chat.blockUser({ userId: root.id }) },
  "is blocked": { act: (gone) => root.chat.blockUser({ userId: gone.id }), hears: "USER_NOT_FOUND" },
  "says how they want to be seen": {
    act: (gone) => gone.chat.setStatus({ statusText: "about to leave" }),
    hears: "ok",
  },
  "reacts to a message": {
    before: joinedAndHeard,
    act: (gone, messageId) => gone.chat.addReaction({ messageId, emoji: "👍" }),
  },
  "pins a message": {
    before: (gone) => written(gone.chat.sendDirectMessage({ recipientId: root.id, content: "keep this" })),
    act: (gone, messageId) => gone.chat.pinMessage({ messageId }),
  },
  "reports a message": {
    before: joinedAndHeard,
    act: (gone, messageId) => gone.chat.reportMessage({ messageId, reason: "spam" }),
  },
  "flags a message as an administrator": {
    before: heardAsAdmin,
    act: (gone, messageId) => gone.chat.moderateMessage({ messageId, action: ModerationAction.FLAG, reason: "spam" }),
  },
  "deletes a message as an administrator": {
    before: heardAsAdmin,
    act: (gone, messageId) => gone.chat.deleteMessage({ messageId }),
  },
  "invites as an administrator": {
    before: async (gone) => {
      await makeAdmin(gone);
      return newRoom();
    },
    act: (gone, roomId) => gone.chat.createInvite({ roomId }),
  },
};

async function newRoom(): Promise<string> {
  return (await root.chat.createRoom({ name: "a room" })).room?.id ?? "";
}

const written = async (sent: Promise<{ message?: Message | undefined }>) => (await sent).message?.id ?? "";

async function joinedAndHeard(gone: Person): Promise<string> {
  const roomId = await newRoom();
  await gone.chat.joinRoom({ roomId });
  return written(root.chat.sendMessage({ roomId, content: "hello all" }));
}

async function heardAsAdmin(gone: Person): Promise<string> {
  const other = await person(app, `other-${gone.id}`);
  const { room } = await other.chat.createRoom({ name: "a room of another" });
  await makeAdmin(gone);
  return written(other.chat.sendMessage({ roomId: room?.id ?? "", content: "hello" }));
}

async function makeAdmin(gone: Person): Promise<void> {
  await root.auth.setUserRole({ userId: gone.id, role: UserRole.ADMIN });
  const { tokens } = await gone.auth.login({ login: gone.username, password: gone.password });
  Object.assign(gone, clientsOf(app.gateway, tokens?.accessToken));
}

test.each(Object.entries(lastActs))("who %s while being erased leaves nothing", async (name, last) => {
  const { before = async () => "", act, hears = "TOKEN_REVOKED", isMeant } = last;
  const gone = await person(app, `gone-${Object.keys(lastActs).indexOf(name)}`);
  const id = await before(gone);
  expect(await meanwhileErased(gone, () => act(gone, id), isMeant)).toBe(hears);
  expect(await kept(gone)).toEqual([]);
  expect(await keptById(gone)).toEqual([]);
});

test("who sends a file while being erased leaves nothing", async () => {
  const gone = await person(app, "gone-sending");
  let answer: Response | undefined;
  await meanwhileErased(gone, async () => {
    answer = await postFile(app, gone, "some words");
  });
  expect(await answer?.json()).toMatchObject({ reason: "TOKEN_REVOKED" });
  expect(await keptById(gone)).toEqual([]);
  expect(await keptFiles(app)).toEqual([]);
});

test("who says something while their memberships are being ended leaves no name", async () => {
  const gone = await person(app, "gone-talking");
  const { room } = await root.chat.createRoom({ name: "a room" });
  const roomId = room?.id ?? "";
  await gone.chat.joinRoom({ roomId });
  const saying = hold(about(roomKey(roomId as RoomId)));
  // With a mention: plain words take a way of their own on PostgreSQL.
  const ended = reasonOf(gone.chat.sendMessage({ roomId, content: `I am @${root.username}` }));
  await saying.reached;
  const leaving = hold(about(userKey(gone.id as UserId)));
  await gone.auth.deleteAccount({ password: gone.password });
  await leaving.reached;
  saying.release();
  expect(await ended).toBe("ok");
  leaving.release();
  await erasureFollowed();
  expect(await kept(gone)).toEqual([]);
});
