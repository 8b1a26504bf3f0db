import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ChatEvent } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { limits } from "#src/platform/limits.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { type Person, person } from "../kit/people.ts";
import { type Cast, castOf, reasonOf, roomOf, say, storedEvents } from "./chat-kit.ts";

let app: TestApp;
let cast: Cast;

beforeAll(async () => {
  app = await startApp();
  cast = await castOf(app);
});
afterAll(async () => {
  await app?.[Symbol.asyncDispose]();
});

const react = (who: Person, messageId: string, emoji: string) => reasonOf(who.chat.addReaction({ messageId, emoji }));
const takeBack = (who: Person, messageId: string, emoji: string) =>
  reasonOf(who.chat.removeReaction({ messageId, emoji }));

/** How a reader of the history sees the last message. */
async function lastIn(reader: Person, roomId: string) {
  const { messages } = await reader.chat.getMessageHistory({ roomId, limit: 1 });
  if (messages[0] === undefined) throw new Error("the room is empty");
  return messages[0];
}
const sums = ({ reactions }: { reactions: { emoji: string; userIds: string[]; count: number }[] }) =>
  reactions.map(({ emoji, userIds, count }) => ({ emoji, userIds, count }));
const kinds = (events: readonly ChatEvent[]) => events.map(({ payload }) => payload.case);

describe("reactions", () => {
  test("add up in the order in which the emoji appeared, once for each user", async () => {
    const { owner, moderator, member } = cast;
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(owner, roomId, "a song");
    for (const [who, emoji] of [
      [member, "🎉"],
      [moderator, "👍"],
      [moderator, "🎉"],
      [member, "🎉"],
    ] as const) {
      expect(await react(who, messageId, emoji)).toBe("ok");
    }
    const both = [
      { emoji: "🎉", userIds: [member.id, moderator.id], count: 2 },
      { emoji: "👍", userIds: [moderator.id], count: 1 },
    ];
    expect(sums(await lastIn(cast.stranger, roomId))).toEqual(both);
    const { messages } = await owner.chat.getThread({ messageId });
    expect(messages.map(sums)).toEqual([both]);

    expect(await takeBack(member, messageId, "🎉")).toBe("ok");
    expect(await takeBack(member, messageId, "🎉")).toBe("ok");
    const { message } = await moderator.chat.removeReaction({ messageId, emoji: "👍" });
    expect(message && sums(message)).toEqual([{ emoji: "🎉", userIds: [moderator.id], count: 1 }]);
    const told = (await storedEvents(app, roomId)).slice(-5);
    expect(kinds(told)).toEqual([
      "reactionAdded",
      "reactionAdded",
      "reactionAdded",
      "reactionRemoved",
      "reactionRemoved",
    ]);
    expect(told[0]).toMatchObject({
      actorId: member.id,
      payload: { value: { messageId, emoji: "🎉", userId: member.id } },
    });
  });

  test("the same reaction many times at once is one", async () => {
    const { owner, member } = cast;
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(owner, roomId, "again");
    const before = (await storedEvents(app, roomId)).length;
    await Promise.all(Array.from({ length: 10 }, () => member.chat.addReaction({ messageId, emoji: "🔥" })));
    expect(sums(await lastIn(owner, roomId))).toEqual([{ emoji: "🔥", userIds: [member.id], count: 1 }]);
    expect(await storedEvents(app, roomId)).toHaveLength(before + 1);
  });

  test("exactly one emoji, in one form", async () => {
    const { owner, member } = cast;
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(owner, roomId, "which");
    for (const not of ["a", "1", ":+1:", "👍👍", "👍 ", " ", "<b>", "\u200d", "\ufe0f"]) {
      expect(await react(member, messageId, not), JSON.stringify(not)).toBe("INVALID_FIELD");
    }
    for (const emoji of ["❤", "❤️", "👍🏽", "🇫🇷", "👩‍🚀", "1️⃣"])
      expect(await react(member, messageId, emoji), emoji).toBe("ok");
    const { reactions } = await lastIn(member, roomId);
    expect(reactions.map(({ emoji }) => emoji)).toEqual(["❤️", "👍🏽", "🇫🇷", "👩‍🚀", "1️⃣"]);
    expect(await takeBack(member, messageId, "❤")).toBe("ok");
    expect((await lastIn(member, roomId)).reactions).toHaveLength(4);
  });

  test("twenty different emoji, and any number of users", async () => {
    const { owner, member, moderator } = cast;
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(owner, roomId, "much");
    const animals = Array.from({ length: limits.chat.reactionKinds + 1 }, (_, index) =>
      String.fromCodePoint(0x1f400 + index),
    );
    for (const emoji of animals.slice(0, -1)) expect(await react(member, messageId, emoji)).toBe("ok");
    expect(await react(moderator, messageId, animals.at(-1) ?? "")).toBe("LIMIT_REACHED");
    expect(await react(moderator, messageId, animals[0] ?? "")).toBe("ok");
    await takeBack(member, messageId, animals[1] ?? "");
    expect(await react(moderator, messageId, animals.at(-1) ?? "")).toBe("ok");
  });

  test("who may write may react, and nobody learns of a room by trying", async () => {
    const { root, owner, member, muted, banned, stranger } = cast;
    const open = await say(owner, await roomOf(cast), "open");
    const closed = await say(owner, await roomOf(cast, RoomType.PRIVATE), "closed");
    expect(await react(stranger, open.id, "👍")).toBe("NOT_A_MEMBER");
    expect(await react(root, open.id, "👍")).toBe("NOT_A_MEMBER");
    expect(await react(banned, open.id, "👍")).toBe("BANNED");
    expect(await react(muted, open.id, "👍")).toBe("MUTED");
    expect(await react(stranger, closed.id, "👍")).toBe("MESSAGE_NOT_FOUND");
    expect(await react(banned, closed.id, "👍")).toBe("MESSAGE_NOT_FOUND");
    expect(await react(member, "01990000-0000-7000-8000-000000000000", "👍")).toBe("MESSAGE_NOT_FOUND");

    // What was said before a mute can be taken back.
    expect(await react(member, open.id, "👍")).toBe("ok");
    await owner.chat.muteUser({ roomId: open.roomId, userId: member.id });
    expect(await takeBack(member, open.id, "👍")).toBe("ok");

    await owner.chat.deleteMessage({ messageId: open.id });
    expect(await react(owner, open.id, "👍")).toBe("MESSAGE_DELETED");
    await owner.chat.archiveRoom({ roomId: closed.roomId });
    expect(await react(member, closed.id, "👍")).toBe("ROOM_ARCHIVED");
  });

  test("deleting the message takes them away, also out of the events before", async () => {
    const { owner, member } = cast;
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(owner, roomId, "gone soon");
    await react(member, messageId, "👍");
    await owner.chat.editMessage({ messageId, content: "edited" });
    await owner.chat.deleteMessage({ messageId });
    expect(await lastIn(member, roomId)).toMatchObject({ isDeleted: true, reactions: [], pinned: false });
    const edited = (await storedEvents(app, roomId)).find(({ payload }) => payload.case === "messageEdited");
    expect(edited?.payload).toMatchObject({ value: { message: { content: "", reactions: [] } } });
  });

  test("none between two of whom one has blocked the other", async () => {
    const [ann, bob] = await Promise.all([person(app, "react-ann"), person(app, "react-bob")]);
    const { message } = await ann.chat.sendDirectMessage({ recipientId: bob.id, content: "hello" });
    const messageId = message?.id ?? "";
    expect(await react(bob, messageId, "👍")).toBe("ok");
    await ann.chat.blockUser({ userId: bob.id });
    expect(await react(bob, messageId, "👎")).toBe("BLOCKED");
    expect(await reasonOf(bob.chat.pinMessage({ messageId }))).toBe("BLOCKED");
    expect(await takeBack(bob, messageId, "👍")).toBe("ok");
  });

  test("an erased account's reactions are taken back, told by events", async () => {
    const gone = await person(app, "react-gone");
    const roomId = await roomOf(cast);
    await gone.chat.joinRoom({ roomId });
    const { id: messageId } = await say(cast.owner, roomId, "remember me");
    await react(gone, messageId, "👋");
    await react(cast.member, messageId, "👋");
    await gone.auth.deleteAccount({ password: gone.password });
    await expect
      .poll(async () => sums(await lastIn(cast.owner, roomId)))
      .toEqual([{ emoji: "👋", userIds: [cast.member.id], count: 1 }]);
    const removed = (await storedEvents(app, roomId)).find(({ payload }) => payload.case === "reactionRemoved");
    expect(removed).toMatchObject({ actorId: "0", payload: { value: { messageId, emoji: "👋", userId: gone.id } } });
  });
});

describe("threads", () => {
  test("the message first, then its answers, the oldest first, page by page", async () => {
    const { owner, member, stranger, banned } = cast;
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(owner, roomId, "question");
    const answers: string[] = [];
    for (let n = 0; n < 5; n++) {
      answers.push((await say(member, roomId, `answer ${n}`, messageId)).id);
      await say(owner, roomId, "something else");
    }
    await member.chat.deleteMessage({ messageId: answers[1] ?? "" });
    const seen: { id: string; isDeleted: boolean }[] = [];
    for (let pageToken = "", pages = 0; pages === 0 || pageToken !== ""; pages++) {
      const page = await stranger.chat.getThread({ messageId, pageSize: 2, pageToken });
      expect(page.messages.length).toBeLessThanOrEqual(2);
      seen.push(...page.messages);
      pageToken = page.nextPageToken;
    }
    expect(seen.map(({ id }) => id)).toEqual([messageId, ...answers]);
    expect(seen[0]).toMatchObject({ replyCount: 5 });
    expect(seen[2]).toMatchObject({ isDeleted: true, content: "" });

    const closed = await say(owner, await roomOf(cast, RoomType.PRIVATE), "closed");
    expect(await reasonOf(stranger.chat.getThread({ messageId: closed.id }))).toBe("MESSAGE_NOT_FOUND");
    expect(await reasonOf(banned.chat.getThread({ messageId }))).toBe("BANNED");
    expect(await reasonOf(owner.chat.getThread({ messageId, pageToken: "nonsense" }))).toBe("INVALID_PAGE_TOKEN");
  });
});

describe("pins", () => {
  const pin = (who: Person, messageId: string) => reasonOf(who.chat.pinMessage({ messageId }));
  const pinned = async (who: Person, roomId: string) =>
    (await who.chat.listPinnedMessages({ roomId })).messages.map(({ content }) => content);

  test("moderators pin and unpin, the last pinned comes first", async () => {
    const { owner, moderator, stranger } = cast;
    const roomId = await roomOf(cast);
    const [one, two, three] = [
      await say(owner, roomId, "one"),
      await say(owner, roomId, "two"),
      await say(owner, roomId, "three"),
    ];
    const { message } = await moderator.chat.pinMessage({ messageId: three.id });
    expect(message).toMatchObject({ content: "three", pinned: true });
    expect(await pin(owner, one.id)).toBe("ok");
    expect(await pin(moderator, two.id)).toBe("ok");
    // What is pinned stays where it is.
    expect(await pin(moderator, three.id)).toBe("ok");
    expect(await pinned(stranger, roomId)).toEqual(["two", "one", "three"]);
    expect((await lastIn(stranger, roomId)).pinned).toBe(true);

    await moderator.chat.unpinMessage({ messageId: one.id });
    expect(await reasonOf(moderator.chat.unpinMessage({ messageId: one.id }))).toBe("ok");
    await owner.chat.deleteMessage({ messageId: two.id });
    expect(await pinned(stranger, roomId)).toEqual(["three"]);
    expect(await pin(owner, two.id)).toBe("MESSAGE_DELETED");
    expect(kinds(await storedEvents(app, roomId)).slice(-5)).toEqual([
      "messagePinned",
      "messagePinned",
      "messagePinned",
      "messageUnpinned",
      "messageDeleted",
    ]);
  });

  test("only those who may", async () => {
    const { root, owner, member, banned, stranger } = cast;
    const open = await say(member, await roomOf(cast), "open");
    const closed = await say(owner, await roomOf(cast, RoomType.PRIVATE), "closed");
    expect(await pin(member, open.id)).toBe("ROLE_TOO_LOW");
    expect(await pin(stranger, open.id)).toBe("NOT_A_MEMBER");
    expect(await pin(banned, open.id)).toBe("BANNED");
    expect(await pin(stranger, closed.id)).toBe("MESSAGE_NOT_FOUND");
    expect(await pin(root, open.id)).toBe("ok");
    expect(await reasonOf(member.chat.unpinMessage({ messageId: open.id }))).toBe("ROLE_TOO_LOW");
    expect(await reasonOf(banned.chat.listPinnedMessages({ roomId: open.roomId }))).toBe("BANNED");
    expect(await reasonOf(stranger.chat.listPinnedMessages({ roomId: closed.roomId }))).toBe("ROOM_NOT_FOUND");
    await owner.chat.archiveRoom({ roomId: open.roomId });
    expect(await pin(owner, open.id)).toBe("ROOM_ARCHIVED");
  });

  test("fifty at most", async () => {
    const { owner } = cast;
    const roomId = await roomOf(cast);
    const messages = await Promise.all(
      Array.from({ length: limits.chat.pinsPerRoom + 1 }, (_, n) => say(owner, roomId, `${n}`)),
    );
    const ended = await Promise.all(messages.map(({ id }) => pin(owner, id)));
    expect(ended.filter((each) => each !== "ok")).toEqual(["LIMIT_REACHED"]);
    await owner.chat.unpinMessage({ messageId: messages[0]?.id ?? "" });
    expect(await pin(owner, messages.at(-1)?.id ?? "")).toBe("ok");
  });

  test("in a direct conversation both may", async () => {
    const [ann, bob] = await Promise.all([person(app, "pin-ann"), person(app, "pin-bob")]);
    const { message } = await ann.chat.sendDirectMessage({ recipientId: bob.id, content: "keep this" });
    const { id = "", roomId = "" } = message ?? {};
    expect(await pin(bob, id)).toBe("ok");
    expect(await pinned(ann, roomId)).toEqual(["keep this"]);
    expect(await reasonOf(ann.chat.unpinMessage({ messageId: id }))).toBe("ok");
  });
});
