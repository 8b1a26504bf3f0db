import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import { CloseReason } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { failureOf, outcome } from "../kit/failures.ts";
import { getFile, postFile, upload } from "../kit/files.ts";
import { type Person, person, transportTo } from "../kit/people.ts";
import { reasonOf, say } from "./chat-kit.ts";

const patience = { timeout: 10_000, interval: 20 };
let app: TestApp;
let root: Person;
let owner: Person;

beforeAll(async () => {
  app = await startApp();
  [root, owner] = [await person(app, "root"), await person(app, "owner")];
});
afterAll(() => app[Symbol.asyncDispose]());

const statusOf = async (answer: Promise<Response>) => {
  const response = await answer;
  await response.arrayBuffer();
  return response.status;
};

/** A room with somebody in it who has said something, with a file, and follows it. */
async function roomWith(name: string, type: RoomType) {
  const victim = await person(app, name);
  const { room } = await owner.chat.createRoom({ name: "a room", type });
  const roomId = room?.id ?? "";
  const { invite } = await owner.chat.createInvite({ roomId });
  await victim.chat.joinRoom({ roomId, inviteCode: invite?.code ?? "" });
  const theirs = await say(owner, roomId, "from the owner");
  const { id: fileId } = await upload(app, victim, "some words");
  const { message } = await victim.chat.sendMessage({ roomId, content: "unforgettable", attachmentIds: [fileId] });
  return { victim, roomId, fileId, own: message?.id ?? "", theirs: theirs.id, following: follow(victim, roomId) };
}
type Scene = Awaited<ReturnType<typeof roomWith>>;

/** What a stream of events brings until it ends. */
function follow(who: Person, roomId: string) {
  const stop = new AbortController();
  const attached = Promise.withResolvers<void>();
  const seen: string[] = [];
  let end: CloseReason | "cut" | undefined;
  void (async () => {
    try {
      for await (const { frame } of who.chat.subscribeToChatEvents({ roomIds: [roomId] }, { signal: stop.signal })) {
        if (frame.case === "hello") attached.resolve();
        if (frame.case === "closing") end = frame.value.reason;
        if (frame.case === "event") seen.push(frame.value.payload.case ?? "");
      }
    } catch {
      end ??= "cut";
    }
  })();
  return { attached: attached.promise, seen, end: () => end, stop: () => stop.abort() };
}

/** Everything that reads a room or what is said in it, as one person. */
function reads({ victim: { chat }, roomId, own, theirs }: Scene): Record<string, () => Promise<unknown>> {
  return {
    getRoomInfo: () => chat.getRoomInfo({ roomId }),
    listMembers: () => chat.listMembers({ roomId }),
    getMessageHistory: () => chat.getMessageHistory({ roomId }),
    getThread: () => chat.getThread({ messageId: theirs }),
    listPinnedMessages: () => chat.listPinnedMessages({ roomId }),
    searchMessages: () => chat.searchMessages({ query: "unforgettable", roomId }),
    getRoomStats: () => chat.getRoomStats({ roomId }),
    reportMessage: () => chat.reportMessage({ messageId: own, reason: "spam" }),
    markRead: () => chat.markRead({ roomId, sequence: 1n }),
  };
}

/** What takes back: a mute keeps nobody from it. */
function takesBack({ victim: { chat }, own, theirs }: Scene): Record<string, () => Promise<unknown>> {
  return {
    removeReaction: () => chat.removeReaction({ messageId: theirs, emoji: "👍" }),
    deleteMessage: () => chat.deleteMessage({ messageId: own }),
  };
}

/** Everything that changes a room or what is said in it. */
function writes({ victim: { chat }, roomId, own, theirs }: Scene): Record<string, () => Promise<unknown>> {
  return {
    sendMessage: () => chat.sendMessage({ roomId, content: "again" }),
    editMessage: () => chat.editMessage({ messageId: own, content: "again" }),
    addReaction: () => chat.addReaction({ messageId: theirs, emoji: "👍" }),
    setTyping: () => chat.setTyping({ roomId, isTyping: true }),
  };
}

const ended = async (calls: Record<string, () => Promise<unknown>>) =>
  Object.fromEntries(
    await Promise.all(Object.entries(calls).map(async ([name, call]) => [name, await reasonOf(call())])),
  );
const each = (calls: object, reason: string) => Object.fromEntries(Object.keys(calls).map((name) => [name, reason]));

describe.each([
  ["a ban", (scene: Scene) => owner.chat.banUser({ roomId: scene.roomId, userId: scene.victim.id })],
  ["a kick", (scene: Scene) => owner.chat.kickUser({ roomId: scene.roomId, userId: scene.victim.id })],
])("%s from a private room", (name, act) => {
  test("holds on every path at once", async () => {
    const scene = await roomWith(name.replace("a ", "was-"), RoomType.PRIVATE);
    const { victim, roomId, fileId, following } = scene;
    await following.attached;
    expect(await ended(reads(scene))).toEqual(each(reads(scene), "ok"));
    expect(await statusOf(getFile(app, victim, fileId))).toBe(200);

    await act(scene);
    const calls = { ...reads(scene), ...writes(scene), ...takesBack(scene) };
    const reasons = await ended(calls);
    for (const [call, reason] of Object.entries(reasons)) {
      expect(["ROOM_NOT_FOUND", "MESSAGE_NOT_FOUND"], call).toContain(reason);
    }
    expect(await statusOf(getFile(app, victim, fileId))).toBe(404);
    expect((await victim.chat.searchMessages({ query: "unforgettable" })).messages).toEqual([]);
    expect((await victim.chat.listRooms({ joinedOnly: true })).rooms).toEqual([]);
    expect((await victim.chat.getUnreadCounts({})).counts).toEqual([]);
    expect((await victim.chat.getPresence({ userIds: [owner.id] })).presences).toEqual([]);
    expect(await failureOf(firstFrame(victim, roomId))).toMatchObject({ reason: "ROOM_NOT_READABLE" });

    const toldBefore = following.seen.length;
    await say(owner, roomId, "they are gone");
    await expect.poll(following.end, patience).toBe(CloseReason.NO_ROOMS_LEFT);
    expect(following.seen.slice(toldBefore)).not.toContain("messageSent");
  });
});

async function firstFrame(who: Person, roomId: string): Promise<void> {
  for await (const _ of who.chat.subscribeToChatEvents({ roomIds: [roomId] })) return;
}

test("a mute holds on every path that says something, and on no other, until it is lifted", async () => {
  const scene = await roomWith("muted", RoomType.PUBLIC);
  const { victim, roomId, fileId } = scene;
  await owner.chat.muteUser({ roomId, userId: victim.id });
  expect(await ended(writes(scene))).toEqual(each(writes(scene), "MUTED"));
  const { id } = await upload(app, victim, "more words");
  expect(await reasonOf(victim.chat.sendMessage({ roomId, content: "look", attachmentIds: [id] }))).toBe("MUTED");
  expect(await ended(reads(scene))).toEqual(each(reads(scene), "ok"));
  expect(await statusOf(getFile(app, victim, fileId))).toBe(200);
  await owner.chat.unmuteUser({ roomId, userId: victim.id });
  expect(await ended(writes(scene))).toEqual(each(writes(scene), "ok"));
  await owner.chat.muteUser({ roomId, userId: victim.id });
  expect(await ended(takesBack(scene))).toEqual(each(takesBack(scene), "ok"));
  scene.following.stop();
});

test("a ban from the room of a stream holds for what is said there, within the same second", async () => {
  const fan = await person(app, "fan");
  const { stream } = await owner.stream.createStream({ title: "night radio" });
  const roomId = stream?.roomId ?? "";
  await fan.chat.joinRoom({ roomId });
  const following = follow(fan, roomId);
  await following.attached;
  await owner.chat.banUser({ roomId, userId: fan.id });
  expect(await reasonOf(fan.chat.sendMessage({ roomId, content: "let me in" }))).toBe("BANNED");
  expect(await reasonOf(fan.chat.getMessageHistory({ roomId }))).toBe("BANNED");
  expect(await reasonOf(fan.chat.joinRoom({ roomId }))).toBe("BANNED");
  await expect.poll(following.end, patience).toBe(CloseReason.NO_ROOMS_LEFT);
});

test("an account that is switched off does nothing any more, by no call and over no open stream", async () => {
  const scene = await roomWith("switched-off", RoomType.PUBLIC);
  const { victim, fileId, following } = scene;
  await following.attached;
  await root.auth.setUserActive({ userId: victim.id, isActive: false });
  await expect.poll(following.end, patience).toBe(CloseReason.SESSION_ENDED);

  const transport = transportTo(app.gateway, "connect", victim.accessToken);
  const open = new Set(["register", "login", "refreshToken", "validateToken"]);
  for (const service of [AuthService, ChatService, StreamService]) {
    const client = createClient(service, transport) as Record<string, (request: object) => unknown>;
    for (const method of service.methods) {
      if (open.has(method.localName) || method.methodKind === "client_streaming") continue;
      const answer = client[method.localName]?.(create(method.input));
      const call =
        method.methodKind === "unary" ? (answer as Promise<unknown>) : drain(answer as AsyncIterable<unknown>);
      const code = await outcome(call);
      expect(code === "ok" ? code : code.code, `${service.typeName}.${method.name}`).toBe("Unauthenticated");
    }
  }
  expect(await statusOf(getFile(app, victim, fileId))).toBe(401);
  expect(await statusOf(getFile(app, undefined, `${fileId}?token=${victim.accessToken}`))).toBe(401);
  expect(await statusOf(postFile(app, victim, "words"))).toBe(401);
  const bearer = { headers: { authorization: `Bearer ${victim.accessToken}` } };
  expect(await statusOf(fetch(`${app.gateway}/account/export`, bearer))).toBe(401);
  expect(await statusOf(fetch(`${app.gateway}/recordings/${fileId}`, bearer))).toBe(401);
  expect(await reasonOf(victim.auth.refreshToken({ refreshToken: victim.refreshToken }))).not.toBe("ok");
});

async function drain(frames: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of frames) return;
}

test("a block holds both ways, on every path of the conversation that says something", async () => {
  const [ann, bob] = [await person(app, "ann"), await person(app, "bob")];
  const { message: first } = await ann.chat.sendDirectMessage({ recipientId: bob.id, content: "hello" });
  const roomId = first?.roomId ?? "";
  const { message: second } = await bob.chat.sendDirectMessage({ recipientId: ann.id, content: "hi" });
  await bob.chat.blockUser({ userId: ann.id });
  const sides = [
    { chat: ann.chat, other: bob.id, own: first?.id ?? "", theirs: second?.id ?? "" },
    { chat: bob.chat, other: ann.id, own: second?.id ?? "", theirs: first?.id ?? "" },
  ];
  for (const { chat, other, own, theirs } of sides) {
    const calls = {
      sendDirectMessage: () => chat.sendDirectMessage({ recipientId: other, content: "again" }),
      sendMessage: () => chat.sendMessage({ roomId, content: "again" }),
      editMessage: () => chat.editMessage({ messageId: own, content: "again" }),
      addReaction: () => chat.addReaction({ messageId: theirs, emoji: "👍" }),
      setTyping: () => chat.setTyping({ roomId, isTyping: true }),
    };
    expect(await ended(calls)).toEqual(each(calls, "BLOCKED"));
    expect(await reasonOf(chat.getMessageHistory({ roomId }))).toBe("ok");
  }
});
