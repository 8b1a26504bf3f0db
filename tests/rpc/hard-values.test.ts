import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type TestApp } from "../kit/app.ts";
import { outcome } from "../kit/failures.ts";
import { type Person, person } from "../kit/people.ts";

// Values that databases take differently: whichever it is, the answer is a clear one, and never "internal error".

let app: TestApp;
let ada: Person;
let roomId: string;

beforeAll(async () => {
  app = await startApp();
  ada = await person(app, "ada");
  roomId = (await ada.chat.createRoom({ name: "a room" })).room?.id ?? "";
});
afterAll(() => app[Symbol.asyncDispose]());

test.each(["9223372036854775807", "9007199254740993", "-1", "-9223372036854775808"])(
  "nobody has the user id %s",
  async (userId) => {
    const { chat, auth } = ada;
    const codes = [];
    for (const call of [
      () => auth.getUserInfo({ userId }),
      () => chat.blockUser({ userId }),
      () => chat.kickUser({ roomId, userId }),
      () => chat.setMemberRole({ roomId, userId, role: 2 }),
      () => chat.sendDirectMessage({ recipientId: userId, content: "hello" }),
      () => chat.getDirectMessages({ otherUserId: userId, limit: 10 }),
      () => chat.getUserActivity({ userId }),
      () => chat.checkAccess({ roomId, userId }),
    ]) {
      const ended = await outcome(call());
      codes.push(ended === "ok" ? "ok" : ended.code);
    }
    expect(codes).not.toContain("Internal");
    expect(codes).not.toContain("Unavailable");
  },
);

test("text with U+0000 is taken or refused, and the next text is taken", async () => {
  const { chat, auth } = ada;
  for (const call of [
    () => chat.sendMessage({ roomId, content: "a\u0000b", requestId: "\u0000" }),
    () => chat.createRoom({ name: "a\u0000b" }),
    () => chat.updateRoom({ roomId, topic: "\u0000" }),
    () => chat.searchMessages({ query: "a\u0000b" }),
    () => chat.joinRoom({ roomId, inviteCode: "\u0000" }),
    () => auth.updateProfile({ firstName: "\u0000" }),
  ]) {
    const ended = await outcome(call());
    if (ended !== "ok") expect(ended.code).toBe("InvalidArgument");
  }
  expect(await outcome(chat.sendMessage({ roomId, content: "the next one" }))).toBe("ok");
});

test.each([
  ["listRooms", [1e300]],
  ["listRooms", [-(2 ** 70)]],
  ["listMembers", [2 ** 62, 2 ** 70]],
  ["listMembers", [1.5, 1.5]],
])("a page token that somebody made up is refused: %s %j", async (list, keys) => {
  const first = await ada.chat.listMembers({ roomId, pageSize: 1 });
  expect(first.members).toHaveLength(1);
  const pageToken = Buffer.from(JSON.stringify([list, ...keys])).toString("base64url");
  for (const call of [
    () => ada.chat.listRooms({ pageToken }),
    () => ada.chat.listMembers({ roomId, pageToken }),
    () => ada.chat.listConversations({ pageToken }),
    () => ada.stream.listActiveStreams({ pageToken }),
    () => ada.auth.listSessions({ pageToken }),
  ]) {
    const ended = await outcome(call());
    if (ended !== "ok") expect(ended.code).toBe("InvalidArgument");
  }
});
