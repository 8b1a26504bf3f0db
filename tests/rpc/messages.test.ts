import { randomUUID } from "node:crypto";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { type Message, MessageType } from "#gen/veza/chat/v1/message_pb.ts";
import { ModerationAction } from "#gen/veza/chat/v1/moderation_pb.ts";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { createTestClock } from "../kit/clock.ts";
import { tablesHolding } from "../kit/databases.ts";
import { failureOf } from "../kit/failures.ts";
import { type Cast, castOf, type Role, reasonOf, roomOf, say, storedEvents } from "./chat-kit.ts";

const nowhere = "00000000-0000-7000-8000-000000000000";
const clock = createTestClock();
let app: TestApp;
let cast: Cast;

beforeAll(async () => {
  app = await startApp({ overrides: { clock } });
  cast = await castOf(app);
});
afterAll(async () => {
  await app?.[Symbol.asyncDispose]();
});

const kinds = async (roomId: string) => (await storedEvents(app, roomId)).map(({ payload }) => payload.case);

describe("who may do what", () => {
  const expected: Record<
    "public" | "private",
    Record<"send" | "editOthers" | "deleteOthers" | "flag" | "history", Record<Role, string>>
  > = {
    public: {
      send: {
        root: "NOT_A_MEMBER",
        owner: "ok",
        moderator: "ok",
        member: "ok",
        other: "ok",
        muted: "MUTED",
        banned: "BANNED",
        stranger: "NOT_A_MEMBER",
      },
      editOthers: {
        root: "NOT_A_MEMBER",
        owner: "ROLE_TOO_LOW",
        moderator: "ROLE_TOO_LOW",
        member: "ok",
        other: "ROLE_TOO_LOW",
        muted: "MUTED",
        banned: "BANNED",
        stranger: "NOT_A_MEMBER",
      },
      deleteOthers: {
        root: "ok",
        owner: "ok",
        moderator: "ok",
        member: "ok",
        other: "ROLE_TOO_LOW",
        muted: "ROLE_TOO_LOW",
        banned: "BANNED",
        stranger: "NOT_A_MEMBER",
      },
      flag: {
        root: "ok",
        owner: "ok",
        moderator: "ok",
        member: "ROLE_TOO_LOW",
        other: "ROLE_TOO_LOW",
        muted: "ROLE_TOO_LOW",
        banned: "BANNED",
        stranger: "NOT_A_MEMBER",
      },
      history: {
        root: "ok",
        owner: "ok",
        moderator: "ok",
        member: "ok",
        other: "ok",
        muted: "ok",
        banned: "BANNED",
        stranger: "ok",
      },
    },
    private: {
      send: {
        root: "NOT_A_MEMBER",
        owner: "ok",
        moderator: "ok",
        member: "ok",
        other: "ok",
        muted: "MUTED",
        banned: "ROOM_NOT_FOUND",
        stranger: "ROOM_NOT_FOUND",
      },
      editOthers: {
        root: "NOT_A_MEMBER",
        owner: "ROLE_TOO_LOW",
        moderator: "ROLE_TOO_LOW",
        member: "ok",
        other: "ROLE_TOO_LOW",
        muted: "MUTED",
        banned: "MESSAGE_NOT_FOUND",
        stranger: "MESSAGE_NOT_FOUND",
      },
      deleteOthers: {
        root: "ok",
        owner: "ok",
        moderator: "ok",
        member: "ok",
        other: "ROLE_TOO_LOW",
        muted: "ROLE_TOO_LOW",
        banned: "MESSAGE_NOT_FOUND",
        stranger: "MESSAGE_NOT_FOUND",
      },
      flag: {
        root: "ok",
        owner: "ok",
        moderator: "ok",
        member: "ROLE_TOO_LOW",
        other: "ROLE_TOO_LOW",
        muted: "ROLE_TOO_LOW",
        banned: "MESSAGE_NOT_FOUND",
        stranger: "MESSAGE_NOT_FOUND",
      },
      history: {
        root: "ok",
        owner: "ok",
        moderator: "ok",
        member: "ok",
        other: "ok",
        muted: "ok",
        banned: "ROOM_NOT_FOUND",
        stranger: "ROOM_NOT_FOUND",
      },
    },
  };

  for (const [kind, type] of [
    ["public", RoomType.PUBLIC],
    ["private", RoomType.PRIVATE],
  ] as const) {
    test(`in a ${kind} room, with what a member said`, async () => {
      const roomId = await roomOf(cast, type);
      const seen = { send: {}, editOthers: {}, deleteOthers: {}, flag: {}, history: {} } as (typeof expected)["public"];
      for (const role of Object.keys(cast) as Role[]) {
        const { chat } = cast[role];
        const { id: messageId } = await say(cast.member, roomId, "a word");
        seen.history[role] = await reasonOf(chat.getMessageHistory({ roomId }));
        seen.send[role] = await reasonOf(chat.sendMessage({ roomId, content: "hello" }));
        seen.editOthers[role] = await reasonOf(chat.editMessage({ messageId, content: "other words" }));
        seen.flag[role] = await reasonOf(chat.moderateMessage({ messageId, action: ModerationAction.FLAG }));
        seen.deleteOthers[role] = await reasonOf(chat.deleteMessage({ messageId }));
      }
      expect(seen).toEqual(expected[kind]);
    });
  }

  test("nobody acts on a role that is not below their own", async () => {
    const roomId = await roomOf(cast);
    const ofOwner = await say(cast.owner, roomId, "mine");
    const ofModerator = await say(cast.moderator, roomId, "mine too");
    const { chat } = cast.moderator;
    for (const action of [ModerationAction.WARN, ModerationAction.DELETE, ModerationAction.FLAG]) {
      expect(await reasonOf(chat.moderateMessage({ messageId: ofOwner.id, action }))).toBe("TARGET_NOT_BELOW");
      expect(await reasonOf(chat.moderateMessage({ messageId: ofModerator.id, action }))).toBe("TARGET_NOT_BELOW");
    }
    expect(await reasonOf(chat.deleteMessage({ messageId: ofOwner.id }))).toBe("TARGET_NOT_BELOW");
    expect(await reasonOf(chat.deleteMessage({ messageId: ofModerator.id }))).toBe("ok");
    expect(await reasonOf(cast.owner.chat.deleteMessage({ messageId: ofOwner.id }))).toBe("ok");
  });

  test("what was said by somebody who left can be moderated, and not taken back by them", async () => {
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(cast.other, roomId, "goodbye");
    await cast.other.chat.leaveRoom({ roomId });
    expect(await reasonOf(cast.other.chat.deleteMessage({ messageId }))).toBe("NOT_A_MEMBER");
    expect(await reasonOf(cast.moderator.chat.deleteMessage({ messageId }))).toBe("ok");
  });

  test("who is muted takes back what they said before", async () => {
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(cast.other, roomId, "oops");
    await cast.owner.chat.muteUser({ roomId, userId: cast.other.id });
    expect(await reasonOf(cast.other.chat.editMessage({ messageId, content: "sorry" }))).toBe("MUTED");
    expect(await reasonOf(cast.other.chat.deleteMessage({ messageId }))).toBe("ok");
  });

  test("an archived room is read, and not changed", async () => {
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(cast.member, roomId, "the last word");
    await cast.owner.chat.archiveRoom({ roomId });
    const { chat } = cast.member;
    expect(await reasonOf(chat.sendMessage({ roomId, content: "one more" }))).toBe("ROOM_ARCHIVED");
    expect(await reasonOf(chat.editMessage({ messageId, content: "not quite" }))).toBe("ROOM_ARCHIVED");
    expect(await reasonOf(chat.deleteMessage({ messageId }))).toBe("ROOM_ARCHIVED");
    const moderated = cast.owner.chat.moderateMessage({ messageId, action: ModerationAction.DELETE });
    expect(await reasonOf(moderated)).toBe("ROOM_ARCHIVED");
    expect((await chat.getMessageHistory({ roomId })).messages.map(({ content }) => content)).toEqual([
      "the last word",
    ]);
  });
});

describe("sending", () => {
  test("answers with the message as it is stored", async () => {
    const roomId = await roomOf(cast);
    const { message: sent } = await cast.member.chat.sendMessage({ roomId, content: "  Grüße, 世界 \n" });
    expect(sent).toMatchObject({
      roomId,
      senderId: cast.member.id,
      senderUsername: "member",
      content: "  Grüße, 世界 \n",
      type: MessageType.TEXT,
      isEdited: false,
      isDeleted: false,
      replyCount: 0,
    });
    expect(sent?.updatedAt).toBeUndefined();
    expect((await cast.stranger.chat.getMessageHistory({ roomId })).messages).toEqual([sent]);
    const last = (await storedEvents(app, roomId)).at(-1);
    expect(last).toMatchObject({ sequence: sent?.sequence, actorId: cast.member.id });
    expect(last?.payload).toMatchObject({ case: "messageSent", value: { message: sent } });
    const { stats } = await cast.owner.chat.getRoomStats({ roomId });
    expect(stats?.totalMessages).toBe(1n);
  });

  test.each([
    ["white space", { content: " \n\t " }, "INVALID_FIELD"],
    ["what cannot be seen", { content: "\u200b" }, "INVALID_FIELD"],
    ["nothing", { content: "" }, "INVALID_FIELD"],
    ["too much", { content: "x".repeat(4001) }, "INVALID_FIELD"],
    ["the service's own type", { content: "x", type: MessageType.SYSTEM }, "INVALID_FIELD"],
    ["a file that there is not", { content: "x", attachmentIds: [nowhere] }, "ATTACHMENT_NOT_FOUND"],
    ["an answer to nothing", { content: "x", replyTo: nowhere }, "REPLY_ELSEWHERE"],
    ["a room that there is not", { content: "x", roomId: nowhere }, "ROOM_NOT_FOUND"],
  ])("%s is refused", async (_, request, reason) => {
    const roomId = await roomOf(cast);
    expect(await reasonOf(cast.member.chat.sendMessage({ roomId, ...request }))).toBe(reason);
    expect(await kinds(roomId)).not.toContain("messageSent");
  });

  test("twenty times at once with one request id makes one message", async () => {
    const roomId = await roomOf(cast);
    const request = { roomId, content: "once", requestId: randomUUID() };
    const answers = await Promise.all(Array.from({ length: 20 }, () => cast.member.chat.sendMessage(request)));
    expect(new Set(answers.map(({ message }) => message?.id)).size).toBe(1);
    expect((await kinds(roomId)).filter((kind) => kind === "messageSent")).toHaveLength(1);
    const { messages } = await cast.member.chat.getMessageHistory({ roomId });
    expect(messages).toHaveLength(1);
  });

  test("again with one request id answers with the message as it is now, whatever the room says by then", async () => {
    const roomId = await roomOf(cast);
    await cast.owner.chat.updateRoom({ roomId, slowMode: { seconds: 60n } });
    const request = { roomId, content: "first", requestId: randomUUID() };
    const { message } = await cast.member.chat.sendMessage(request);
    await cast.member.chat.editMessage({ messageId: message?.id ?? "", content: "second" });
    await cast.owner.chat.muteUser({ roomId, userId: cast.member.id });
    const again = await cast.member.chat.sendMessage(request);
    expect(again.message).toMatchObject({ id: message?.id, content: "second", isEdited: true });
  });

  test("a request id is the caller's own, for one content, for a day", async () => {
    const roomId = await roomOf(cast);
    const requestId = randomUUID();
    const { message } = await cast.member.chat.sendMessage({ roomId, content: "one", requestId });
    const changed = [{ content: "two" }, { type: MessageType.IMAGE }, { replyTo: message?.id }];
    for (const change of changed) {
      const call = cast.member.chat.sendMessage({ roomId, content: "one", requestId, ...change } as never);
      expect(await reasonOf(call)).toBe("REQUEST_ID_REUSED");
    }
    const { message: of } = await cast.other.chat.sendMessage({ roomId, content: "one", requestId });
    expect(of?.id).not.toBe(message?.id);
  });

  test("answers are counted, and stay in their room", async () => {
    const roomId = await roomOf(cast);
    const elsewhere = await say(cast.member, await roomOf(cast), "elsewhere");
    const question = await say(cast.member, roomId, "why?");
    expect(await reasonOf(say(cast.other, roomId, "because", elsewhere.id))).toBe("REPLY_ELSEWHERE");
    const answer = await say(cast.other, roomId, "because", question.id);
    expect(answer.replyTo).toBe(question.id);
    const { messages } = await cast.member.chat.getMessageHistory({ roomId });
    expect(messages.map(({ replyCount }) => replyCount)).toEqual([0, 1]);
    await cast.member.chat.deleteMessage({ messageId: question.id });
    expect(await reasonOf(say(cast.other, roomId, "really", question.id))).toBe("REPLY_ELSEWHERE");
  });

  test("slow mode makes members wait, tells how long, and spares moderators", async () => {
    const roomId = await roomOf(cast);
    await say(cast.member, roomId, "before");
    await cast.owner.chat.updateRoom({ roomId, slowMode: { seconds: 10n } });
    const error = ConnectError.from(await say(cast.member, roomId, "too soon").catch((reason: unknown) => reason));
    expect(error.code).toBe(Code.ResourceExhausted);
    const [retry] = error.findDetails(RetryInfoSchema);
    expect(Number(retry?.retryDelay?.seconds)).toBeGreaterThanOrEqual(8);
    await say(cast.other, roomId, "another's turn");
    for (const content of ["a", "b"]) await say(cast.moderator, roomId, content);
    clock.advance(10_000);
    await say(cast.member, roomId, "at last");
    expect(await failureOf(say(cast.member, roomId, "again"))).toEqual({
      code: "ResourceExhausted",
      reason: "SLOW_MODE",
    });
  });

  test("a refused message does not begin the wait anew", async () => {
    const roomId = await roomOf(cast);
    await cast.owner.chat.updateRoom({ roomId, slowMode: { seconds: 10n }, blockedWords: ["spam"] });
    expect(await reasonOf(say(cast.member, roomId, "spam"))).toBe("BLOCKED_WORD");
    await say(cast.member, roomId, "fine");
  });

  test("blocked words are refused in what is sent and edited, whoever says them", async () => {
    const roomId = await roomOf(cast);
    await cast.owner.chat.updateRoom({ roomId, blockedWords: ["Spam"] });
    for (const who of [cast.member, cast.owner]) {
      expect(await reasonOf(say(who, roomId, "buy sPaM!"))).toBe("BLOCKED_WORD");
    }
    const { id: messageId } = await say(cast.member, roomId, "spammers");
    expect(await reasonOf(cast.member.chat.editMessage({ messageId, content: "spam" }))).toBe("BLOCKED_WORD");
  });

  test("numbers have no holes, whoever sends at once and whatever is refused in between", async () => {
    const roomId = await roomOf(cast);
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        reasonOf(say(index % 3 === 0 ? cast.stranger : cast.member, roomId, `number ${index}`)),
      ),
    );
    const numbers = (await storedEvents(app, roomId)).map(({ sequence }) => Number(sequence));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});

describe("editing", () => {
  test("changes the words, marks the message and tells followers; the same words again tell nothing", async () => {
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(cast.member, roomId, "teh");
    const { message } = await cast.member.chat.editMessage({ messageId, content: "the" });
    expect(message).toMatchObject({ id: messageId, content: "the", isEdited: true });
    expect(message?.updatedAt).toBeDefined();
    expect((await storedEvents(app, roomId)).at(-1)?.payload).toMatchObject({
      case: "messageEdited",
      value: { message },
    });
    const again = await cast.member.chat.editMessage({ messageId, content: "the" });
    expect(again.message).toEqual(message);
    expect((await kinds(roomId)).filter((kind) => kind === "messageEdited")).toHaveLength(1);
    expect((await cast.member.chat.getMessageHistory({ roomId })).messages).toEqual([message]);
  });

  test.each([" ", ""])("%j says nothing", async (content) => {
    const { id: messageId } = await say(cast.member, await roomOf(cast), "words");
    expect(await reasonOf(cast.member.chat.editMessage({ messageId, content }))).toBe("INVALID_FIELD");
  });

  test("what was deleted, or never was, cannot be edited", async () => {
    const { id: messageId } = await say(cast.member, await roomOf(cast), "gone");
    await cast.member.chat.deleteMessage({ messageId });
    expect(await reasonOf(cast.member.chat.editMessage({ messageId, content: "back" }))).toBe("MESSAGE_DELETED");
    const never = cast.member.chat.editMessage({ messageId: nowhere, content: "x" });
    expect(await reasonOf(never)).toBe("MESSAGE_NOT_FOUND");
  });
});

describe("deleting", () => {
  test("a deleted message's words are nowhere, and its place stays", async () => {
    const roomId = await roomOf(cast);
    const word = `secret-${randomUUID()}`;
    await say(cast.member, roomId, "before");
    const { id: messageId } = await say(cast.member, roomId, `one ${word}`);
    await cast.member.chat.editMessage({ messageId, content: `two ${word}` });
    await cast.moderator.chat.moderateMessage({
      messageId,
      action: ModerationAction.EDIT,
      reason: "tidied",
      content: `three ${word}`,
    });
    await say(cast.other, roomId, "an answer", messageId);
    expect(await tablesHolding(app.app.platform.database, word)).toEqual(
      expect.arrayContaining(["chat_events", "chat_messages"]),
    );

    await cast.member.chat.deleteMessage({ messageId });
    expect(await tablesHolding(app.app.platform.database, word)).toEqual([]);
    const { messages } = await cast.other.chat.getMessageHistory({ roomId });
    expect(messages.map(({ content, isDeleted }) => [content, isDeleted])).toEqual([
      ["an answer", false],
      ["", true],
      ["before", false],
    ]);
    const about = (await storedEvents(app, roomId)).flatMap(({ payload }) =>
      (payload.case === "messageSent" || payload.case === "messageEdited") && payload.value.message?.id === messageId
        ? [payload.value.message]
        : [],
    );
    expect(about.map(({ content, isDeleted }) => [content, isDeleted])).toEqual([
      ["", true],
      ["", true],
      ["", true],
    ]);
    expect((await storedEvents(app, roomId)).at(-1)?.payload).toMatchObject({
      case: "messageDeleted",
      value: { messageId },
    });
  });

  test("twice makes one event", async () => {
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(cast.member, roomId, "gone");
    await Promise.all(Array.from({ length: 5 }, () => cast.member.chat.deleteMessage({ messageId })));
    expect((await kinds(roomId)).filter((kind) => kind === "messageDeleted")).toHaveLength(1);
  });

  test("by a moderator is remembered in the log, by the sender is not", async () => {
    const roomId = await roomOf(cast);
    const logged = async () =>
      (await cast.owner.chat.listModerationLog({ roomId })).entries.map(({ action }) => action);
    const before = (await logged()).length;
    const own = await say(cast.member, roomId, "own");
    await cast.member.chat.deleteMessage({ messageId: own.id });
    expect(await logged()).toHaveLength(before);
    const others = await say(cast.member, roomId, "others");
    await cast.moderator.chat.deleteMessage({ messageId: others.id });
    expect((await logged())[0]).toBe("delete");
  });
});

describe("moderating", () => {
  test.each([
    ["warn", ModerationAction.WARN, "messageWarned", { content: "words", isDeleted: false, isEdited: false }],
    ["delete", ModerationAction.DELETE, "messageDeleted", { content: "", isDeleted: true }],
    ["edit", ModerationAction.EDIT, "messageEdited", { content: "kinder words", isEdited: true }],
    ["flag", ModerationAction.FLAG, undefined, { content: "words", isDeleted: false, isEdited: false }],
  ])("%s answers with the message, tells followers and is logged", async (logged, action, event, expected) => {
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(cast.member, roomId, "words");
    const before = (await kinds(roomId)).length;
    const { message } = await cast.moderator.chat.moderateMessage({
      messageId,
      action,
      reason: "because",
      content: "kinder words",
    });
    expect(message).toMatchObject({ id: messageId, senderId: cast.member.id, ...expected });
    expect((await kinds(roomId)).slice(before)).toEqual(event === undefined ? [] : [event]);
    const { entries } = await cast.owner.chat.listModerationLog({ roomId });
    expect(entries[0]).toMatchObject({
      actorId: cast.moderator.id,
      targetUserId: cast.member.id,
      targetMessageId: messageId,
      action: logged,
      reason: "because",
    });
  });

  test("a second flag by the same moderator changes nothing", async () => {
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(cast.member, roomId, "words");
    const flag = { messageId, action: ModerationAction.FLAG, reason: "look" };
    for (const who of [cast.moderator, cast.moderator, cast.owner]) await who.chat.moderateMessage(flag);
    const { entries } = await cast.owner.chat.listModerationLog({ roomId });
    expect(entries.filter(({ action }) => action === "flag")).toHaveLength(2);
  });

  test("an edit needs words, and a deleted message is deleted", async () => {
    const roomId = await roomOf(cast);
    const { chat } = cast.moderator;
    const { id: messageId } = await say(cast.member, roomId, "words");
    const edit = { messageId, action: ModerationAction.EDIT };
    expect(await reasonOf(chat.moderateMessage(edit))).toBe("INVALID_FIELD");
    expect(await reasonOf(chat.moderateMessage({ ...edit, content: "  " }))).toBe("INVALID_FIELD");
    expect(await reasonOf(chat.moderateMessage({ messageId }))).toBe("INVALID_FIELD");
    await chat.deleteMessage({ messageId });
    expect(await reasonOf(chat.moderateMessage({ ...edit, content: "x" }))).toBe("MESSAGE_DELETED");
    const events = (await kinds(roomId)).length;
    expect(await reasonOf(chat.moderateMessage({ messageId, action: ModerationAction.DELETE }))).toBe("ok");
    expect(await kinds(roomId)).toHaveLength(events);
  });
});

describe("history", () => {
  test("a bound of another room is not found, even for who reads both", async () => {
    const [here, there] = [await roomOf(cast), await roomOf(cast)];
    await say(cast.member, here, "here");
    const { id } = await say(cast.member, there, "there");
    for (const bound of [{ beforeId: id }, { afterId: id }, { beforeId: nowhere }]) {
      const call = cast.member.chat.getMessageHistory({ roomId: here, ...bound });
      expect(await reasonOf(call)).toBe("MESSAGE_NOT_FOUND");
    }
  });

  test("pages as a list would, whatever is deleted, in both directions", async () => {
    const roomId = await roomOf(cast);
    const said: Message[] = [];
    for (let index = 0; index < 40; index++) said.push(await say(cast.member, roomId, `number ${index}`));
    /** What is expected, oldest first. */
    const model = said.map(({ id, content }) => ({ id, content }));
    const position = fc.nat({ max: model.length - 1 });
    const step = fc.record({
      deleted: fc.option(position),
      limit: fc.integer({ min: 1, max: 45 }),
      before: fc.option(position),
      after: fc.option(position),
    });
    await fc.assert(
      fc.asyncProperty(step, async ({ deleted, limit, before, after }) => {
        const gone = deleted === null ? undefined : model[deleted];
        if (gone !== undefined) {
          await cast.member.chat.deleteMessage({ messageId: gone.id });
          gone.content = "";
        }
        const between = model.slice(after === null ? 0 : after + 1, before ?? model.length);
        const nearest = after === null ? between.slice(-limit) : between.slice(0, limit);
        const { messages, hasMore } = await cast.stranger.chat.getMessageHistory({
          roomId,
          limit,
          ...(before !== null && { beforeId: model[before]?.id ?? "" }),
          ...(after !== null && { afterId: model[after]?.id ?? "" }),
        });
        expect(messages.map(({ id, content }) => ({ id, content }))).toEqual([...nearest].reverse());
        expect(hasMore).toBe(between.length > nearest.length);
      }),
      { seed: 20261122, numRuns: 150 },
    );
  });
});
