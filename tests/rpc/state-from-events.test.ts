import { fromBinary, toJsonString } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UserRole } from "#gen/veza/auth/v1/user_pb.ts";
import { type ChatEvent, ChatEventSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { ModerationAction, ReportResolution } from "#gen/veza/chat/v1/moderation_pb.ts";
import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import { MemberRole, RoomType, RoomVisibility } from "#gen/veza/chat/v1/room_pb.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { chosen } from "../kit/databases.ts";
import { outcome } from "../kit/failures.ts";
import { clientsOf, type Person, person } from "../kit/people.ts";
import { randomOf } from "../kit/random.ts";
import { emptyState, type RoomState, readAfresh, takeIn } from "./room-state.ts";

/**
 * Many people do many things to one room at once, in an order that a seed picks, with every call of the service that
 * changes something. Whoever read the room before and takes in the events since then has to see what a fresh reader
 * sees, and so has whoever takes in all events from the first: nothing happens without an event that tells all of it.
 */

/** A hundred, and fewer where every write waits for another server. */
const seeds = Number(process.env.VEZA_TEST_SEEDS ?? (chosen === "sqlite" ? 100 : 20));
const rounds = 2;
const actsAtOnce = 16;
const patience = { timeout: 10_000, interval: 5 };

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
afterAll(() => app?.[Symbol.asyncDispose]());

/** A room, and what those who act on it know. */
interface Scene {
  readonly roomId: string;
  readonly random: () => number;
  readonly messageIds: string[];
  readonly inviteCodes: string[];
  /** Whether the room may be closed now: nothing more can happen to it then. */
  isLast: boolean;
}

const pickFrom = <Item>(random: () => number, items: readonly Item[]): Item =>
  items[Math.floor(random() * items.length)] as Item;
const unknown = "01990000-0000-7000-8000-000000000000";

/** What one try is made of. */
class Try {
  readonly who: Person;
  readonly chat: Person["chat"];
  /** Somebody who more often than not may. */
  readonly moderator: Person["chat"];
  readonly scene: Scene;
  readonly roomId: string;
  readonly other: Person;
  readonly messageId: string;
  readonly word: string;
  readonly reason: string;

  constructor(scene: Scene) {
    this.scene = scene;
    this.roomId = scene.roomId;
    this.who = this.pick([...people, ...people, root]);
    this.chat = this.who.chat;
    this.moderator = this.pick([this.who, root]).chat;
    this.other = this.pick(people);
    this.messageId = this.pick([...scene.messageIds.slice(-8), unknown]);
    this.word = Math.floor(scene.random() * 1e6).toString(36);
    this.reason = this.pick(["", "spam"]);
  }

  pick<Item>(items: readonly Item[]): Item {
    return pickFrom(this.scene.random, items);
  }

  get target() {
    return { roomId: this.roomId, userId: this.other.id, reason: this.reason };
  }

  get sentence() {
    return this.pick([{ duration: { seconds: 3600n, nanos: 0 } }, {}]);
  }

  get emoji() {
    return this.pick(["👍", "🎉", "❤"]);
  }

  get content() {
    return this.pick([this.word, this.word, `${this.word} @${this.other.username}`]);
  }
}

interface Act {
  /** How often it is tried, beside the others. */
  readonly weight: number;
  readonly act: (attempt: Try) => Promise<unknown>;
}

/** Every call that changes something, by its name in the contract. A new one has to be added here. */
const acts: Readonly<Record<string, Act>> = {
  createRoom: { weight: 0.2, act: ({ chat, word }) => chat.createRoom({ name: word }) },
  joinRoom: {
    weight: 7,
    act: ({ chat, roomId, scene }) => {
      const inviteCode = pickFrom(scene.random, scene.inviteCodes);
      return chat.joinRoom({ roomId, ...(inviteCode !== undefined && { inviteCode }) });
    },
  },
  leaveRoom: { weight: 2, act: ({ chat, roomId }) => chat.leaveRoom({ roomId }) },
  updateRoom: {
    weight: 2,
    act: (attempt) =>
      attempt.chat.updateRoom({
        roomId: attempt.roomId,
        ...attempt.pick([
          { topic: attempt.word },
          { name: attempt.word, description: attempt.pick(["", attempt.word]) },
          { slowMode: { seconds: attempt.pick([0n, 0n, 1n]), nanos: 0 }, blockedWords: [attempt.word] },
          { clearBlockedWords: true, slowMode: { seconds: 0n, nanos: 0 } },
        ]),
      }),
  },
  archiveRoom: {
    weight: 1.5,
    async act({ chat, moderator, roomId, scene }) {
      if (!scene.isLast) return chat.archiveRoom({ roomId: unknown });
      const { members } = await moderator.listMembers({ roomId });
      const owner = members.find(({ role }) => role === MemberRole.OWNER);
      return (people.find(({ id }) => id === owner?.userId)?.chat ?? chat).archiveRoom({ roomId });
    },
  },
  createInvite: {
    weight: 1,
    act: async ({ chat, roomId, scene }) => {
      const { invite } = await chat.createInvite({ roomId, maxUses: 3 });
      if (invite !== undefined) scene.inviteCodes.push(invite.code);
    },
  },
  revokeInvite: {
    weight: 1.5,
    act: ({ moderator, roomId, scene }) =>
      moderator.revokeInvite({ roomId, code: pickFrom(scene.random, scene.inviteCodes) ?? "no" }),
  },
  setMemberRole: {
    weight: 5,
    act: (attempt) =>
      attempt.moderator.setMemberRole({
        ...attempt.target,
        role: attempt.pick([MemberRole.MEMBER, MemberRole.MODERATOR, MemberRole.ADMIN, MemberRole.OWNER]),
      }),
  },
  sendMessage: {
    weight: 9,
    act: (attempt) =>
      attempt.chat.sendMessage({
        roomId: attempt.roomId,
        content: attempt.content,
        requestId: attempt.pick(["", attempt.word.slice(0, 1)]),
        ...(attempt.pick([true, false]) && attempt.messageId !== unknown && { replyTo: attempt.messageId }),
      }),
  },
  editMessage: { weight: 4, act: ({ chat, messageId, content }) => chat.editMessage({ messageId, content }) },
  deleteMessage: { weight: 3, act: ({ chat, messageId }) => chat.deleteMessage({ messageId }) },
  addReaction: { weight: 6, act: ({ chat, messageId, emoji }) => chat.addReaction({ messageId, emoji }) },
  removeReaction: { weight: 3, act: ({ chat, messageId, emoji }) => chat.removeReaction({ messageId, emoji }) },
  pinMessage: { weight: 4, act: ({ moderator, messageId }) => moderator.pinMessage({ messageId }) },
  unpinMessage: { weight: 2, act: ({ moderator, messageId }) => moderator.unpinMessage({ messageId }) },
  markRead: {
    weight: 1,
    act: ({ chat, roomId, scene }) => chat.markRead({ roomId, sequence: BigInt(Math.floor(scene.random() * 100)) }),
  },
  setTyping: {
    weight: 0.5,
    act: ({ chat, roomId, scene }) => chat.setTyping({ roomId, isTyping: scene.random() < 0.5 }),
  },
  sendDirectMessage: {
    weight: 2,
    act: ({ chat, other, word }) => chat.sendDirectMessage({ recipientId: other.id, content: word }),
  },
  blockUser: { weight: 0.3, act: ({ chat, other }) => chat.blockUser({ userId: other.id }) },
  unblockUser: { weight: 1.5, act: ({ chat, other }) => chat.unblockUser({ userId: other.id }) },
  muteUser: { weight: 4, act: (attempt) => attempt.moderator.muteUser({ ...attempt.target, ...attempt.sentence }) },
  unmuteUser: { weight: 4, act: ({ moderator, target }) => moderator.unmuteUser(target) },
  kickUser: { weight: 1, act: ({ moderator, target }) => moderator.kickUser(target) },
  banUser: { weight: 2, act: (attempt) => attempt.moderator.banUser({ ...attempt.target, ...attempt.sentence }) },
  unbanUser: { weight: 3, act: ({ moderator, target }) => moderator.unbanUser(target) },
  moderateMessage: {
    weight: 3,
    act: (attempt) => {
      const { WARN, DELETE, EDIT, FLAG } = ModerationAction;
      const { messageId, content, reason } = attempt;
      return attempt.moderator.moderateMessage({
        messageId,
        action: attempt.pick([WARN, DELETE, EDIT, FLAG]),
        content,
        reason,
      });
    },
  },
  reportMessage: {
    weight: 1.5,
    act: ({ chat, messageId }) => chat.reportMessage({ messageId, reason: "spam" }),
  },
  resolveReport: {
    weight: 2,
    act: async ({ moderator, roomId }) => {
      const { reports } = await moderator.listReports({ roomId });
      const reportId = reports[0]?.id ?? unknown;
      await moderator.resolveReport({ reportId, resolution: ReportResolution.DISMISSED });
    },
  },
  setStatus: {
    weight: 0.3,
    act: ({ chat, word }) => chat.setStatus({ status: PresenceStatus.BUSY, statusText: word }),
  },
};

/** The calls that have done something, and those that are not built. */
const succeeded = new Set<string>();
const notBuilt = new Set<string>();
const seenEvents = new Set<string>();

async function tryAct(scene: Scene): Promise<void> {
  const total = Object.values(acts).reduce((sum, { weight }) => sum + weight, 0);
  let left = scene.random() * total;
  const [name, { act }] = Object.entries(acts).find(([, { weight }]) => {
    left -= weight;
    return left < 0;
  }) as [string, Act];
  const ended = await outcome(act(new Try(scene)));
  if (ended === "ok") succeeded.add(name);
  else if (ended.reason === "NOT_BUILT") notBuilt.add(name);
  else expect(["Internal", "Unknown", "Unavailable", "Unimplemented"], name).not.toContain(ended.code);
}

/** Collects a stream of events until it is stopped. */
function collect(who: Person, request: Parameters<Person["chat"]["subscribeToChatEvents"]>[0], roomId: string) {
  const stop = new AbortController();
  const attached = Promise.withResolvers<void>();
  const events: ChatEvent[] = [];
  let end: unknown;
  const done = (async () => {
    try {
      for await (const { frame } of who.chat.subscribeToChatEvents(request, { signal: stop.signal })) {
        if (frame.case === "hello") attached.resolve();
        if (frame.case === "closing") end = frame.value;
        if (frame.case === "event" && frame.value.roomId === roomId) events.push(frame.value);
      }
    } catch (error) {
      if (!stop.signal.aborted) end = error;
      attached.reject(error as Error);
    }
  })();
  return {
    who,
    attached: attached.promise,
    events,
    last: () => Number(events.at(-1)?.sequence ?? 0),
    async stop(): Promise<unknown> {
      stop.abort();
      await done;
      return end;
    },
  };
}

/** The numbers of the events that a follower of all its rooms gets: those from each joining to the next leaving. */
function visibleTo(userId: string, before: RoomState, events: readonly ChatEvent[]): number[] {
  let isIn = before.members.has(userId);
  return events.flatMap(({ sequence, payload }) => {
    if (payload.case === "memberJoined" && payload.value.member?.userId === userId) isIn = true;
    const sees = isIn;
    if (payload.case === "memberLeft" && payload.value.userId === userId) isIn = false;
    return sees ? [Number(sequence)] : [];
  });
}

/** A room of some kind, and somebody who can read all of it. */
async function openRoom(seed: number): Promise<{ roomId: string; reader: Person }> {
  const owner = people[seed % people.length] as Person;
  const other = people[(seed + 1) % people.length] as Person;
  if (seed % 5 === 0) {
    for (const [one, two] of [
      [owner, other],
      [other, owner],
    ] as const)
      await one.chat.unblockUser({ userId: two.id });
    const { message } = await owner.chat.sendDirectMessage({ recipientId: other.id, content: `seed ${seed}` });
    return { roomId: message?.roomId ?? "", reader: owner };
  }
  const type = seed % 5 === 1 ? RoomType.PRIVATE : RoomType.PUBLIC;
  const visibility = seed % 5 === 2 ? RoomVisibility.INVITE_ONLY : RoomVisibility.UNSPECIFIED;
  const { room } = await owner.chat.createRoom({ name: `room ${seed}`, type, visibility });
  const roomId = room?.id ?? "";
  const { invite } = await owner.chat.createInvite({ roomId });
  for (const who of people.slice(0, 3)) await who.chat.joinRoom({ roomId, ...(invite && { inviteCode: invite.code }) });
  return { roomId, reader: watching };
}

test("every call that changes something takes part", () => {
  const changing = ChatService.methods.filter(
    ({ idempotency, methodKind }) =>
      idempotency !== MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS && methodKind === "unary",
  );
  expect(Object.keys(acts).sort()).toEqual(changing.map(({ localName }) => localName).sort());
});

test.each(Array.from({ length: seeds }, (_, index) => index + 1))(
  "the state before and the events since then are the state now, seed %i",
  async (seed) => {
    const random = randomOf(seed);
    const { roomId, reader } = await openRoom(seed);
    const scene: Scene = { roomId, random, messageIds: [], inviteCodes: [], isLast: false };
    const act = async () => {
      await Promise.all(Array.from({ length: actsAtOnce }, () => tryAct(scene)));
      const { messages } = await reader.chat.getMessageHistory({ roomId, limit: 8 });
      scene.messageIds.push(...messages.map(({ id }) => id).reverse());
    };

    await act();
    const before = await readAfresh(reader, roomId);
    const cursors = [{ roomId, afterSequence: BigInt(before.head) }];
    const watcher = collect(reader, { roomIds: [roomId], cursors }, roomId);
    const followers = [0, 2].map((n) => collect(people[(seed + n) % people.length] as Person, {}, roomId));
    await Promise.all([watcher, ...followers].map(({ attached }) => attached));
    for (let round = 1; round <= rounds; round++) {
      scene.isLast = round === rounds;
      await act();
    }

    const now = await readAfresh(reader, roomId);
    await expect.poll(() => watcher.last() || before.head, patience).toBe(now.head);
    expect(await watcher.stop()).toBeUndefined();
    const state = structuredClone(before);
    for (const event of watcher.events) takeIn(state, event);
    expect(state).toEqual(now);

    for (const follower of followers) {
      const visible = visibleTo(follower.who.id, before, watcher.events);
      const message = `the events that ${follower.who.username} may see`;
      await expect.poll(follower.last, { ...patience, message }).toBe(visible.at(-1) ?? 0);
      expect(await follower.stop()).toBeUndefined();
      expect(follower.events.map(({ sequence }) => Number(sequence))).toEqual(visible);
    }

    const late = collect(reader, { roomIds: [roomId], cursors: [{ roomId, afterSequence: 0n }] }, roomId);
    await expect.poll(late.last, patience).toBe(now.head);
    await late.stop();
    const fromTheFirst = emptyState();
    for (const event of late.events) {
      seenEvents.add(event.payload.case ?? "");
      takeIn(fromTheFirst, event);
    }
    expect(fromTheFirst).toEqual(now);
  },
);

test.runIf(seeds >= 100)("every call did something, and every kind of event came", () => {
  const idle = Object.keys(acts).filter((name) => !succeeded.has(name) && !notBuilt.has(name));
  expect(idle).toEqual([]);
  const kinds = ChatEventSchema.oneofs.flatMap(({ fields }) => fields.map(({ localName }) => localName));
  expect(kinds.filter((kind) => !seenEvents.has(kind))).toEqual([]);
});

test("whoever is erased is named in no event any more, wherever it was", async () => {
  const [gone] = people as [Person];
  const { read } = app.app.platform.database.withTables<ChatTables>("chat");
  const naming = async () => {
    const rows = await read.selectFrom("chat_events").select("body").execute();
    const events = rows.map(({ body }) => fromBinary(ChatEventSchema, body));
    return events.filter(
      (event) => event.actorId === gone.id || toJsonString(ChatEventSchema, event).includes(`"${gone.username}"`),
    ).length;
  };
  expect(await naming()).toBeGreaterThan(seeds);
  const namesOfOthers = () =>
    read.selectFrom("chat_event_names").selectAll().where("user_id", "!=", Number(gone.id)).execute();
  const others = await namesOfOthers();
  await gone.auth.deleteAccount({ password: gone.password });
  // Looking at all events takes the process its time.
  await expect.poll(naming, { timeout: 30_000, interval: 500 }).toBe(0);
  const left = await read.selectFrom("chat_event_names").selectAll().where("user_id", "=", Number(gone.id)).execute();
  expect(left).toEqual([]);
  expect(await namesOfOthers()).toEqual(expect.arrayContaining(others));
});
