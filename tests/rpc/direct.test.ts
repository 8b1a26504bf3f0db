import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ModerationAction } from "#gen/veza/chat/v1/moderation_pb.ts";
import { MemberRole, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import { limits } from "#src/platform/limits.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { tablesHolding } from "../kit/databases.ts";
import { type Person, person } from "../kit/people.ts";
import { reasonOf, storedEvents } from "./chat-kit.ts";

const nobody = "999999";
let app: TestApp;
let root: Person;
let people = 0;

beforeAll(async () => {
  app = await startApp();
  root = await person(app, "root");
});
afterAll(async () => {
  await app?.[Symbol.asyncDispose]();
});

/** Somebody who never talked to anybody. */
const somebody = (name = "person") => person(app, `${name}${++people}`);
const two = () => Promise.all([somebody("ann"), somebody("bob")]);

async function tell(from: Person, to: Person, content: string) {
  const { message } = await from.chat.sendDirectMessage({ recipientId: to.id, content });
  if (message === undefined) throw new Error("SendDirectMessage answered without a message");
  return message;
}
const told = async (reader: Person, other: Person) =>
  (await reader.chat.getDirectMessages({ otherUserId: other.id })).messages.map(({ content }) => content);

describe("sending", () => {
  test("the first message makes the conversation, with everything that tells of it", async () => {
    const [ann, bob] = await two();
    const message = await tell(ann, bob, "hello");
    expect(message).toMatchObject({ senderId: ann.id, senderUsername: ann.username, content: "hello", sequence: 4n });
    const events = await storedEvents(app, message.roomId);
    expect(events.map(({ payload }) => payload.case)).toEqual([
      "roomCreated",
      "memberJoined",
      "memberJoined",
      "messageSent",
    ]);
    expect(events[0]?.payload).toMatchObject({
      value: { room: { name: "", type: RoomType.DIRECT, createdBy: ann.id } },
    });
    for (const [me, other] of [
      [ann, bob],
      [bob, ann],
    ] as const) {
      const { room } = await me.chat.getRoomInfo({ roomId: message.roomId });
      expect(room).toMatchObject({
        memberCount: 2,
        otherUserId: other.id,
        otherUsername: other.username,
        myRole: MemberRole.MEMBER,
      });
      expect(await told(me, other)).toEqual(["hello"]);
    }
  });

  test("both write first at once, many times: one room, every message", async () => {
    const [ann, bob] = await two();
    const messages = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0 ? tell(ann, bob, `${index}`) : tell(bob, ann, `${index}`),
      ),
    );
    const [roomId, ...others] = new Set(messages.map((message) => message.roomId));
    expect(others).toEqual([]);
    const events = await storedEvents(app, roomId ?? "");
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, index) => index + 1));
    expect(events.filter(({ payload }) => payload.case === "roomCreated")).toHaveLength(1);
    expect(events.filter(({ payload }) => payload.case === "memberJoined")).toHaveLength(2);
    expect((await told(ann, bob)).sort()).toEqual(messages.map(({ content }) => content).sort());
  });

  test("twenty times at once with one request id makes one message, with other content none", async () => {
    const [ann, bob] = await two();
    const request = { recipientId: bob.id, content: "once", requestId: randomUUID() };
    const answers = await Promise.all(Array.from({ length: 20 }, () => ann.chat.sendDirectMessage(request)));
    expect(new Set(answers.map(({ message }) => message?.id)).size).toBe(1);
    expect(await told(bob, ann)).toEqual(["once"]);
    const other = ann.chat.sendDirectMessage({ ...request, content: "twice" });
    expect(await reasonOf(other)).toBe("REQUEST_ID_REUSED");
  });

  test("to oneself, to nobody, to a closed account, or with nothing to say is refused", async () => {
    const [ann, bob] = await two();
    const refused = async (recipientId: string, content = "hello") =>
      reasonOf(ann.chat.sendDirectMessage({ recipientId, content }));
    expect(await refused(ann.id)).toBe("SELF_MESSAGE");
    expect(await refused(nobody)).toBe("USER_NOT_FOUND");
    expect(await refused(bob.id, " \n")).toBe("INVALID_FIELD");
    await root.auth.setUserActive({ userId: bob.id, isActive: false });
    expect(await refused(bob.id)).toBe("USER_NOT_FOUND");
    expect((await ann.chat.listConversations({})).conversations).toEqual([]);
  });
});

describe("only the two", () => {
  test("read, write or know of it: not even an administrator", async () => {
    const [ann, bob] = await two();
    const { roomId, id: messageId } = await tell(ann, bob, "between us");
    for (const outsider of [await somebody("eve"), root]) {
      const { chat } = outsider;
      expect(await reasonOf(chat.getMessageHistory({ roomId }))).toBe("ROOM_NOT_FOUND");
      expect(await reasonOf(chat.sendMessage({ roomId, content: "hi" }))).toBe("ROOM_NOT_FOUND");
      expect(await reasonOf(chat.joinRoom({ roomId }))).toBe("ROOM_NOT_FOUND");
      expect(await reasonOf(chat.editMessage({ messageId, content: "x" }))).toBe("MESSAGE_NOT_FOUND");
      expect(await reasonOf(chat.deleteMessage({ messageId }))).toBe("MESSAGE_NOT_FOUND");
      const flag = chat.moderateMessage({ messageId, action: ModerationAction.FLAG });
      expect(await reasonOf(flag)).toBe("MESSAGE_NOT_FOUND");
      expect(await told(outsider, ann)).toEqual([]);
    }
  });

  test("change what they themselves said", async () => {
    const [ann, bob] = await two();
    const { id: messageId } = await tell(ann, bob, "mine");
    expect(await reasonOf(bob.chat.editMessage({ messageId, content: "x" }))).toBe("ROLE_TOO_LOW");
    expect(await reasonOf(bob.chat.deleteMessage({ messageId }))).toBe("ROLE_TOO_LOW");
    const moderated = bob.chat.moderateMessage({ messageId, action: ModerationAction.DELETE });
    expect(await reasonOf(moderated)).toBe("ROLE_TOO_LOW");
    await ann.chat.editMessage({ messageId, content: "still mine" });
    expect(await told(bob, ann)).toEqual(["still mine"]);
    await ann.chat.deleteMessage({ messageId });
    expect(await told(bob, ann)).toEqual([""]);
  });
});

describe("reading", () => {
  test("pages go back from the newest; a bound of another conversation is not found", async () => {
    const [ann, bob] = await two();
    for (const content of ["1", "2", "3"]) await tell(ann, bob, content);
    const first = await bob.chat.getDirectMessages({ otherUserId: ann.id, limit: 2 });
    expect([first.messages.map(({ content }) => content), first.hasMore]).toEqual([["3", "2"], true]);
    const beforeId = first.messages.at(-1)?.id ?? "";
    const second = await bob.chat.getDirectMessages({ otherUserId: ann.id, limit: 2, beforeId });
    expect([second.messages.map(({ content }) => content), second.hasMore]).toEqual([["1"], false]);

    const carol = await somebody("carol");
    const stranger = ann.chat.getDirectMessages({ otherUserId: carol.id, beforeId });
    expect(await reasonOf(stranger)).toBe("MESSAGE_NOT_FOUND");
    await tell(ann, carol, "hello");
    const elsewhere = ann.chat.getDirectMessages({ otherUserId: carol.id, beforeId });
    expect(await reasonOf(elsewhere)).toBe("MESSAGE_NOT_FOUND");
  });

  test("with nobody, oneself, or who never wrote there is nothing", async () => {
    const [ann, bob] = await two();
    for (const otherUserId of [nobody, ann.id, bob.id]) {
      expect(await ann.chat.getDirectMessages({ otherUserId })).toMatchObject({ messages: [], hasMore: false });
    }
  });
});

describe("conversations", () => {
  test("the last used first, with the last message and what is unread, page by page", async () => {
    const me = await somebody("me");
    const others: Person[] = [];
    for (let index = 0; index < 5; index++) others.push(await somebody("friend"));
    for (const other of others) for (const content of ["one", "two"]) await tell(other, me, content);
    const [oldest] = others as [Person, ...Person[]];
    await tell(me, oldest, "back to you");

    const expected = [
      { otherUserId: oldest.id, lastMessage: { content: "back to you" }, unread: 2 },
      ...others
        .slice(1)
        .reverse()
        .map(({ id }) => ({ otherUserId: id, lastMessage: { content: "two" }, unread: 2 })),
    ];
    const seen = [];
    let pageToken = "";
    do {
      const page = await me.chat.listConversations({ pageSize: 2, pageToken });
      seen.push(...page.conversations);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(seen).toMatchObject(expected);
    expect(seen.map(({ otherUsername }) => otherUsername)).toContain(oldest.username);

    const { conversations } = await oldest.chat.listConversations({});
    expect(conversations).toMatchObject([{ otherUserId: me.id, otherUsername: me.username, unread: 1 }]);
  });

  test("a message sent to the room itself moves it up as well", async () => {
    const [ann, bob] = await two();
    const carol = await somebody("carol");
    const { roomId } = await tell(ann, bob, "first");
    await tell(ann, carol, "second");
    await bob.chat.sendMessage({ roomId, content: "third" });
    const { conversations } = await ann.chat.listConversations({});
    expect(conversations.map(({ lastMessage }) => lastMessage?.content)).toEqual(["third", "second"]);
  });

  test("rooms are not among them, nor are they among the rooms", async () => {
    const [ann, bob] = await two();
    await ann.chat.createRoom({ name: "a room" });
    const { roomId } = await tell(ann, bob, "hello");
    const { conversations } = await ann.chat.listConversations({});
    expect(conversations.map((conversation) => conversation.roomId)).toEqual([roomId]);
    const { rooms } = await ann.chat.listRooms({ joinedOnly: true });
    expect(rooms.map(({ name }) => name)).toEqual(["a room"]);
  });
});

describe("blocking", () => {
  test("is bounded, and what is blocked already stays so", async () => {
    const [ann, bob] = await two();
    const database = app.app.platform.database.withTables<ChatTables>("chat");
    const { blocksPerUser } = limits.chat;
    await database.write(async (tx) => {
      const others = Array.from({ length: blocksPerUser - 1 }, (_, index) => 1_000_000 + index);
      const rows = others.map((blocked_id) => ({ user_id: Number(ann.id), blocked_id }));
      await tx.insertInto("chat_blocks").values(rows).execute();
    });
    const block = (userId: string) => reasonOf(ann.chat.blockUser({ userId }));
    expect(await block(bob.id)).toBe("ok");
    expect(await block(root.id)).toBe("LIMIT_REACHED");
    expect(await block(bob.id)).toBe("ok");
    await ann.chat.unblockUser({ userId: bob.id });
    expect(await block(root.id)).toBe("ok");
  });

  test.each(["the sender", "the recipient"])("by %s ends messages both ways, until it is lifted", async (who) => {
    const [ann, bob] = await two();
    const { roomId, id: messageId } = await tell(ann, bob, "before");
    const [blocker, blocked] = who === "the sender" ? [ann, bob] : [bob, ann];
    for (let again = 0; again < 2; again++) await blocker.chat.blockUser({ userId: blocked.id });

    const showsBlock = async ({ chat }: Person) => (await chat.listConversations({})).conversations[0]?.isBlocked;
    expect(await showsBlock(blocker)).toBe(true);
    // Who is blocked is not told.
    expect(await showsBlock(blocked)).toBe(false);
    expect(await reasonOf(tell(ann, bob, "x"))).toBe("BLOCKED");
    expect(await reasonOf(tell(bob, ann, "x"))).toBe("BLOCKED");
    expect(await reasonOf(ann.chat.sendMessage({ roomId, content: "x" }))).toBe("BLOCKED");
    expect(await reasonOf(ann.chat.editMessage({ messageId, content: "x" }))).toBe("BLOCKED");
    expect(await reasonOf(bob.chat.setTyping({ roomId, isTyping: true }))).toBe("BLOCKED");
    expect(await told(bob, ann)).toEqual(["before"]);

    await blocked.chat.unblockUser({ userId: blocker.id });
    expect(await reasonOf(tell(ann, bob, "x"))).toBe("BLOCKED");
    await blocker.chat.unblockUser({ userId: blocked.id });
    expect(await showsBlock(blocker)).toBe(false);
    await tell(ann, bob, "after");
    expect(await told(bob, ann)).toEqual(["after", "before"]);
  });

  test("before the first message there is nothing left of the try", async () => {
    const [ann, bob] = await two();
    await bob.chat.blockUser({ userId: ann.id });
    expect(await reasonOf(tell(ann, bob, "x"))).toBe("BLOCKED");
    expect((await ann.chat.listConversations({})).conversations).toEqual([]);
  });

  test("who may not write is told so beforehand, and may still read", async () => {
    const [ann, bob] = await two();
    const { roomId } = await tell(ann, bob, "hello");
    const access = async (who: Person) => (await who.chat.checkAccess({ roomId })).permissions;
    expect(await access(bob)).toEqual(["read", "write"]);
    await ann.chat.blockUser({ userId: bob.id });
    expect([await access(ann), await access(bob)]).toEqual([["read"], ["read"]]);
    await ann.chat.unblockUser({ userId: bob.id });
    expect(await access(bob)).toEqual(["read", "write"]);
  });

  test("somebody has to be there, and not be oneself", async () => {
    const ann = await somebody("ann");
    expect(await reasonOf(ann.chat.blockUser({ userId: nobody }))).toBe("USER_NOT_FOUND");
    expect(await reasonOf(ann.chat.unblockUser({ userId: nobody }))).toBe("USER_NOT_FOUND");
    expect(await reasonOf(ann.chat.blockUser({ userId: ann.id }))).toBe("SELF_SANCTION");
  });
});

describe("an erased account", () => {
  test("leaves its words without its name, and can be written to no more", async () => {
    const [ann, bob] = await two();
    const { roomId } = await tell(ann, bob, "hello bob");
    await tell(bob, ann, "hello back");
    // More than one step of an erasure takes.
    for (let from = 0; from < 210; from += 30) {
      await Promise.all(Array.from({ length: 30 }, (_, index) => tell(ann, bob, `number ${from + index}`)));
    }
    expect(await tablesHolding(app.app.platform.database, ann.username)).not.toEqual([]);
    await ann.auth.deleteAccount({ password: ann.password });
    await vi.waitFor(async () => expect(await tablesHolding(app.app.platform.database, ann.username)).toEqual([]), {
      timeout: 20_000,
    });

    expect(await reasonOf(tell(bob, ann, "are you there?"))).toBe("USER_NOT_FOUND");
    expect(await reasonOf(bob.chat.sendMessage({ roomId, content: "anyone?" }))).toBe("USER_NOT_FOUND");
    const { messages } = await bob.chat.getMessageHistory({ roomId, limit: 200 });
    expect(new Set(messages.map(({ senderId, senderUsername }) => `${senderId}:${senderUsername}`))).toEqual(
      new Set(["0:"]),
    );
    const { conversations } = await bob.chat.listConversations({});
    expect(conversations).toMatchObject([{ roomId, otherUserId: "0", otherUsername: "" }]);
    const bodies = await storedEvents(app, roomId);
    expect(bodies.filter(({ actorId }) => actorId === ann.id)).toEqual([]);
    expect(bodies.map(({ sequence }) => Number(sequence))).toEqual(bodies.map((_, index) => index + 1));
  });
});
