import { afterAll, beforeAll, expect, test } from "vitest";
import { UserRole } from "#gen/veza/auth/v1/user_pb.ts";
import type { ChatEvent } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { ModerationAction, type Sanction, type SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import { MemberRole } from "#gen/veza/chat/v1/room_pb.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { outcome } from "../kit/failures.ts";
import { clientsOf, type Person, person } from "../kit/people.ts";

/**
 * Many people do many things to one room at once, in an order that a seed picks. Whoever read the room before and takes
 * in the events since then has to see what a fresh reader sees: nothing happens without an event that tells all of it.
 */

const seeds = Number(process.env.VEZA_TEST_SEEDS ?? 20);
const rounds = 5;
const actsAtOnce = 20;
const patience = { timeout: 10_000 };

let app: TestApp;
/** An administrator who takes part, and one who only watches. */
let root: Person;
let watching: Person;
let people: Person[];

beforeAll(async () => {
  app = await startApp();
  root = await person(app, "root");
  watching = await person(app, "watching");
  await root.auth.setUserRole({ userId: watching.id, role: UserRole.ADMIN });
  const { tokens } = await watching.auth.login({ login: watching.username, password: watching.password });
  watching = { ...watching, ...clientsOf(app.gateway, tokens?.accessToken) };
  people = await Promise.all(["ann", "ben", "cem", "dora", "eli"].map((name) => person(app, name)));
});
afterAll(() => app[Symbol.asyncDispose]());

/** Mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface SeenMember {
  username: string;
  role: MemberRole;
  joinedAt: string;
}
interface SeenMessage {
  sender: string;
  content: string;
  sequence: number;
  replyTo: string | undefined;
  replies: number;
  isEdited: boolean;
  isDeleted: boolean;
}
/** What a client knows of a room. */
interface State {
  head: number;
  room: { name: string; description: string; topic: string; slowModeSeconds: number; isActive: boolean };
  members: Map<string, SeenMember>;
  sanctions: Map<string, { id: string; reason: string; by: string; until: string }>;
  messages: Map<string, SeenMessage>;
}

const timeText = (at: { seconds: bigint; nanos: number } | undefined) =>
  at === undefined ? "" : `${at.seconds}.${at.nanos}`;
const sanctionKey = ({ userId, kind }: { userId: string; kind: SanctionKind }) => `${kind} ${userId}`;
const seenSanction = ({ id, reason, createdBy, expiresAt }: Sanction) => ({
  id,
  reason,
  by: createdBy,
  until: timeText(expiresAt),
});
type RoomMessage = NonNullable<Awaited<ReturnType<Person["chat"]["getRoomInfo"]>>["room"]>;
const seenRoom = ({ name, description, topic, slowMode, isActive }: RoomMessage) => ({
  name,
  description,
  topic,
  slowModeSeconds: Number(slowMode?.seconds ?? 0n),
  isActive,
});

/** What a fresh reader sees. Nobody may change the room meanwhile. */
async function readAfresh(roomId: string): Promise<State> {
  const { room } = await watching.chat.getRoomInfo({ roomId });
  if (room === undefined) throw new Error("GetRoomInfo answered without a room");
  const { members } = await watching.chat.listMembers({ roomId, pageSize: 200 });
  const { sanctions } = await watching.chat.listSanctions({ roomId, pageSize: 200 });
  const messages = new Map<string, SeenMessage>();
  for (let beforeId: string | undefined, more = true; more; ) {
    const page = await watching.chat.getMessageHistory({ roomId, limit: 200, ...(beforeId && { beforeId }) });
    for (const each of page.messages) {
      messages.set(each.id, {
        sender: each.senderId,
        content: each.content,
        sequence: Number(each.sequence),
        replyTo: each.replyTo,
        replies: each.replyCount,
        isEdited: each.isEdited,
        isDeleted: each.isDeleted,
      });
    }
    beforeId = page.messages.at(-1)?.id;
    more = page.hasMore;
  }
  expect(room.memberCount).toBe(members.length);
  return {
    head: Number(room.headSequence),
    room: seenRoom(room),
    members: new Map(
      members.map(({ userId, username, role, joinedAt }) => [userId, { username, role, joinedAt: timeText(joinedAt) }]),
    ),
    sanctions: new Map(sanctions.map((sanction) => [sanctionKey(sanction), seenSanction(sanction)])),
    messages,
  };
}

/** Takes one event in, as a client would. */
function takeIn(state: State, { sequence, payload }: ChatEvent): void {
  expect(Number(sequence), "no event is missing, none comes twice").toBe(state.head + 1);
  state.head = Number(sequence);
  switch (payload.case) {
    case "roomUpdated":
      if (payload.value.room !== undefined) state.room = seenRoom(payload.value.room);
      break;
    case "roomArchived":
      state.room.isActive = false;
      break;
    case "memberJoined": {
      const member = payload.value.member;
      if (member === undefined) throw new Error("MemberJoined without a member");
      const { userId, username, role, joinedAt } = member;
      expect(state.members.has(userId), "nobody joins twice").toBe(false);
      state.members.set(userId, { username, role, joinedAt: timeText(joinedAt) });
      break;
    }
    case "memberLeft":
      expect(state.members.delete(payload.value.userId), "only members leave").toBe(true);
      break;
    case "memberRoleChanged": {
      const member = state.members.get(payload.value.userId);
      if (member === undefined) throw new Error("the role of who is no member changed");
      member.role = payload.value.role;
      break;
    }
    case "sanctionImposed":
      if (payload.value.sanction !== undefined)
        state.sanctions.set(sanctionKey(payload.value.sanction), seenSanction(payload.value.sanction));
      break;
    case "sanctionLifted":
      expect(state.sanctions.delete(sanctionKey(payload.value)), "only what was imposed is lifted").toBe(true);
      break;
    case "messageSent": {
      const message = payload.value.message;
      if (message === undefined) throw new Error("MessageSent without a message");
      expect(message.sequence).toBe(sequence);
      const { id, senderId, content, replyTo, isDeleted } = message;
      state.messages.set(id, {
        sender: senderId,
        content,
        sequence: Number(sequence),
        replyTo,
        replies: 0,
        isEdited: false,
        isDeleted,
      });
      const answered = replyTo === undefined ? undefined : state.messages.get(replyTo);
      if (answered !== undefined) answered.replies += 1;
      break;
    }
    case "messageEdited": {
      const { message } = payload.value;
      const seen = state.messages.get(message?.id ?? "");
      if (message === undefined || seen === undefined) throw new Error("an edit of no message");
      expect(message.replyCount).toBe(seen.replies);
      Object.assign(seen, { content: message.content, isEdited: true, isDeleted: message.isDeleted });
      break;
    }
    case "messageDeleted": {
      const seen = state.messages.get(payload.value.messageId);
      if (seen === undefined) throw new Error("no message was deleted");
      Object.assign(seen, { content: "", isDeleted: true });
      break;
    }
  }
}

/** Collects a stream of events until it is stopped. */
function collect(who: Person, request: Parameters<Person["chat"]["subscribeToChatEvents"]>[0], roomId: string) {
  const stop = new AbortController();
  const attached = Promise.withResolvers<void>();
  const events: ChatEvent[] = [];
  let last = 0;
  let end: unknown;
  const done = (async () => {
    try {
      for await (const { frame } of who.chat.subscribeToChatEvents(request, { signal: stop.signal })) {
        if (frame.case === "hello") attached.resolve();
        if (frame.case === "closing") end = frame.value;
        if (frame.case !== "event" || frame.value.roomId !== roomId) continue;
        events.push(frame.value);
        last = Number(frame.value.sequence);
      }
    } catch (error) {
      if (!stop.signal.aborted) end = error;
      attached.reject(error as Error);
    }
  })();
  return {
    attached: attached.promise,
    events,
    last: () => last,
    async stop(): Promise<unknown> {
      stop.abort();
      await done;
      return end;
    },
  };
}

/** The numbers of the events that a follower of all its rooms gets: those from each joining to the next leaving. */
function visibleTo(userId: string, before: State, events: readonly ChatEvent[]): number[] {
  let isIn = before.members.has(userId);
  return events.flatMap(({ sequence, payload }) => {
    if (payload.case === "memberJoined" && payload.value.member?.userId === userId) isIn = true;
    const sees = isIn;
    if (payload.case === "memberLeft" && payload.value.userId === userId) isIn = false;
    return sees ? [Number(sequence)] : [];
  });
}

/** One thing that somebody tries to do to the room; whether they may is up to the service. */
function someAct(roomId: string, random: () => number, messageIds: readonly string[]): () => Promise<unknown> {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const { chat } = pick([...people, ...people, root]);
  const userId = pick(people).id;
  const reason = pick(["", "spam"]);
  const messageId = pick([...messageIds.slice(-12), "01990000-0000-7000-8000-000000000000"]);
  const word = Math.floor(random() * 1e6).toString(36);
  const duration = { seconds: 3600n, nanos: 0 };
  const acts: [weight: number, act: () => Promise<unknown>][] = [
    [6, () => chat.joinRoom({ roomId })],
    [3, () => chat.leaveRoom({ roomId })],
    [2, () => chat.kickUser({ roomId, userId, reason })],
    [2, () => chat.banUser({ roomId, userId, reason, ...(random() < 0.5 && { duration }) })],
    [4, () => chat.unbanUser({ roomId, userId })],
    [2, () => chat.muteUser({ roomId, userId, reason, ...(random() < 0.5 && { duration }) })],
    [3, () => chat.unmuteUser({ roomId, userId })],
    [3, () => chat.setMemberRole({ roomId, userId, role: pick([MemberRole.MEMBER, MemberRole.MODERATOR]) })],
    [2, () => chat.setMemberRole({ roomId, userId, role: pick([MemberRole.ADMIN, MemberRole.OWNER]) })],
    [1, () => chat.updateRoom({ roomId, topic: word })],
    [1, () => chat.updateRoom({ roomId, name: word, description: pick(["", word]) })],
    [1, () => chat.updateRoom({ roomId, slowMode: { seconds: pick([0n, 0n, 1n]), nanos: 0 }, blockedWords: [word] })],
    [6, () => chat.sendMessage({ roomId, content: word, requestId: pick(["", word.slice(0, 1)]) })],
    [3, () => chat.sendMessage({ roomId, content: word, replyTo: messageId })],
    [3, () => chat.editMessage({ messageId, content: word })],
    [3, () => chat.deleteMessage({ messageId })],
    [1, () => chat.moderateMessage({ messageId, action: ModerationAction.EDIT, content: word, reason })],
    [1, () => chat.moderateMessage({ messageId, action: ModerationAction.DELETE, reason })],
    [
      1,
      () => chat.moderateMessage({ messageId, action: pick([ModerationAction.WARN, ModerationAction.FLAG]), reason }),
    ],
  ];
  return pick(acts.flatMap(([weight, act]) => Array.from({ length: weight }, () => act)));
}

test.each(Array.from({ length: seeds }, (_, index) => index + 1))(
  "the state before and the events since then are the state now, seed %i",
  async (seed) => {
    const random = randomOf(seed);
    const owner = people[seed % people.length] as Person;
    const roomId = (await owner.chat.createRoom({ name: `room ${seed}` })).room?.id ?? "";
    const messageIds: string[] = [];
    const act = async (actsNow: number) => {
      const tries = Array.from({ length: actsNow }, () => someAct(roomId, random, messageIds));
      const ended = await Promise.all(tries.map((attempt) => outcome(attempt())));
      for (const each of ended) {
        if (each !== "ok") expect(["Internal", "Unknown", "Unavailable"]).not.toContain(each.code);
      }
      const { messages } = await watching.chat.getMessageHistory({ roomId, limit: 12 });
      messageIds.push(...messages.map(({ id }) => id).reverse());
    };

    await act(actsAtOnce);
    const before = await readAfresh(roomId);
    const state = structuredClone(before);
    const watcher = collect(
      watching,
      { roomIds: [roomId], cursors: [{ roomId, afterSequence: BigInt(before.head) }] },
      roomId,
    );
    const followers = people.map((who) => ({ who, stream: collect(who, {}, roomId) }));
    await Promise.all([watcher, ...followers.map(({ stream }) => stream)].map(({ attached }) => attached));
    for (let round = 0; round < rounds; round++) await act(actsAtOnce);

    const now = await readAfresh(roomId);
    await expect.poll(() => (watcher.events.length === 0 ? before.head : watcher.last()), patience).toBe(now.head);
    expect(await watcher.stop()).toBeUndefined();
    for (const event of watcher.events) takeIn(state, event);
    expect(state).toEqual(now);

    for (const { who, stream } of followers) {
      const visible = visibleTo(who.id, before, watcher.events);
      await expect
        .poll(stream.last, { ...patience, message: `the events that ${who.username} may see` })
        .toBe(visible.at(-1) ?? 0);
      expect(await stream.stop()).toBeUndefined();
      expect(stream.events.map(({ sequence }) => Number(sequence))).toEqual(visible);
    }
  },
);
