import { afterAll, beforeAll, expect, test } from "vitest";
import { MessageType } from "#gen/veza/chat/v1/message_pb.ts";
import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { tablesHolding } from "../kit/databases.ts";
import { keptFiles, picture, upload } from "../kit/files.ts";
import { type Person, password, person } from "../kit/people.ts";

const patience = { timeout: 30_000, interval: 200 };
const messagesSent = 205;
let app: TestApp;
let root: Person;
let ann: Person;
let roomId: string;

beforeAll(async () => {
  app = await startApp();
  root = await person(app, "root");
  ann = await person(app, "annabelle");
  roomId = (await root.chat.createRoom({ name: "a room" })).room?.id ?? "";
  await ann.chat.joinRoom({ roomId });
  const file = await upload(app, ann, await picture(500, 400), "annabelles-holiday.png");
  const waiting = await upload(app, ann, "words of annabelle", "annabelles-diary.txt");
  expect(waiting.contentType).toBe("text/plain");
  await ann.chat.sendMessage({ roomId, content: "look", attachmentIds: [file.id] });
  await Promise.all(
    Array.from({ length: messagesSent - 1 }, (_, n) => ann.chat.sendMessage({ roomId, content: `message ${n}` })),
  );
  const { message } = await root.chat.sendMessage({ roomId, content: "from root" });
  await ann.chat.addReaction({ messageId: message?.id ?? "", emoji: "👍" });
  await ann.chat.reportMessage({ messageId: message?.id ?? "", reason: "annabelle finds it rude" });
  await ann.chat.sendDirectMessage({ recipientId: root.id, content: "psst", type: MessageType.TEXT });
  await ann.chat.setStatus({ status: PresenceStatus.BUSY, statusText: "annabelle sleeps" });
  await ann.stream.createStream({ title: "night radio" });
  await ann.chat.blockUser({ userId: root.id });
});
afterAll(() => app[Symbol.asyncDispose]());

const ask = (token?: string, query = "") =>
  fetch(
    `${app.gateway}/account/export${query}`,
    token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
  );
type Exported = Record<string, Record<string, unknown>[]>;

test("an account gets all that is kept of it, and nobody else's", async () => {
  const answer = await ask(ann.accessToken);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-disposition")).toContain("attachment");
  const text = await answer.text();
  const exported = JSON.parse(text) as Exported;
  expect(Object.keys(exported)).toEqual([
    "account",
    "sessions",
    "rooms",
    "conversations",
    "messages",
    "reactions",
    "files",
    "reports",
    "blocks",
    "status",
    "streams",
    "recordings",
    "listeningHistory",
  ]);
  expect(exported.account).toMatchObject([{ id: ann.id, username: "annabelle" }]);
  expect(exported.sessions).toHaveLength(1);
  expect(exported.rooms?.map(({ name }) => name)).toContain("a room");
  expect(exported.conversations).toMatchObject([{ otherUsername: "root" }]);
  expect(exported.messages).toHaveLength(messagesSent + 1);
  expect(new Set(exported.messages?.map(({ id }) => id)).size).toBe(messagesSent + 1);
  expect(exported.reactions).toMatchObject([{ emoji: "👍" }]);
  expect(exported.files?.map(({ name }) => name).sort()).toEqual(["annabelles-diary.txt", "annabelles-holiday.png"]);
  expect(exported.reports).toMatchObject([{ reason: "annabelle finds it rude" }]);
  expect(exported.blocks).toEqual([{ userId: root.id }]);
  expect(exported.status).toMatchObject([{ status: "BUSY", text: "annabelle sleeps" }]);
  expect(exported.streams).toMatchObject([{ title: "night radio" }]);
  expect(text).not.toContain("from root");
  expect(text).not.toMatch(/argon2|refresh|key_hash/i);
  expect(((await (await ask(root.accessToken)).json()) as Exported).messages).toHaveLength(1);
});

test("nobody gets anything without being signed in", async () => {
  expect((await ask()).status).toBe(401);
  expect((await ask("nonsense")).status).toBe(401);
  const posted = await fetch(`${app.gateway}/account/export`, { method: "POST" });
  expect(posted.status).toBe(405);
});

test("an erased account is gone from every table and every file", async () => {
  const before = await keptFiles(app);
  expect(before.length).toBeGreaterThanOrEqual(3);
  const { database } = app.app.platform;
  expect(await tablesHolding(database, "annabelle")).not.toEqual([]);
  await ann.auth.deleteAccount({ password });
  await expect.poll(() => keptFiles(app), patience).toEqual([]);
  // Rooms and streams stay, with the titles that they have.
  await expect.poll(() => tablesHolding(database, "annabelle"), patience).toEqual([]);
  const { messages } = await root.chat.getMessageHistory({ roomId, limit: 200 });
  expect(messages.filter(({ attachments }) => attachments.length > 0)).toEqual([]);
  expect((await ask(ann.accessToken)).status).toBe(401);
});
