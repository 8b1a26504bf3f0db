import { type Duration, durationFromMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserRole } from "#gen/veza/auth/v1/user_pb.ts";
import { LeaveReason } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { MemberRole, RoomType, RoomVisibility } from "#gen/veza/chat/v1/room_pb.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import { newId } from "#src/platform/ids.ts";
import { limits } from "#src/platform/limits.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { createTestClock, type TestClock } from "../kit/clock.ts";
import { tablesHolding } from "../kit/databases.ts";
import { clientsOf, type Person, person } from "../kit/people.ts";
import { type Cast, castOf, type Role, reasonOf, roomOf, storedEvents } from "./chat-kit.ts";

let app: TestApp;
let clock: TestClock;
let cast: Cast;

beforeAll(async () => {
  clock = createTestClock();
  app = await startApp({ overrides: { clock } });
  cast = await castOf(app);
});
afterAll(() => app[Symbol.asyncDispose]());

type Chat = Person["chat"];
type Expected = Partial<Record<Role, string>>;

const nowhere = "01990000-0000-7000-8000-000000000000";

/** The kinds of events of a room, oldest first. */
const chatTablesHolding = async (word: string) =>
  (await tablesHolding(app.app.platform.database, word)).filter((table) => table.startsWith("chat_"));
const eventsIn = async (roomId: string) => (await storedEvents(app, roomId)).map(({ payload }) => payload.case);

async function newRoom(wish: Parameters<Chat["createRoom"]>[0] = {}, owner = cast.owner): Promise<string> {
  const { room } = await owner.chat.createRoom({ name: "a room", ...wish });
  return room?.id ?? "";
}

async function inviteTo(roomId: string, bounds: { maxUses?: number; validFor?: Duration } = {}) {
  const { invite } = await cast.owner.chat.createInvite({ roomId, ...bounds });
  if (invite === undefined) throw new Error("CreateInvite answered without an invite");
  return invite;
}

describe("who may call what", () => {
  const everyone = { root: "ok", owner: "ok", moderator: "ok", member: "ok" };
  const outside = { stranger: "NOT_A_MEMBER", banned: "BANNED" };
  const unseen = { stranger: "ROOM_NOT_FOUND", banned: "ROOM_NOT_FOUND" };
  const admins = { member: "ROLE_TOO_LOW", moderator: "ROLE_TOO_LOW", owner: "ok", root: "ok" };

  const calls: Record<string, [(chat: Chat, roomId: string) => Promise<unknown>, Expected, Expected]> = {
    GetRoomInfo: [
      (chat, roomId) => chat.getRoomInfo({ roomId }),
      { ...everyone, stranger: "ok", banned: "BANNED" },
      { ...everyone, ...unseen },
    ],
    ListMembers: [
      (chat, roomId) => chat.listMembers({ roomId }),
      { ...everyone, stranger: "ok", banned: "BANNED" },
      { ...everyone, ...unseen },
    ],
    GetRoomStats: [
      (chat, roomId) => chat.getRoomStats({ roomId }),
      { ...everyone, stranger: "ok", banned: "BANNED" },
      { ...everyone, ...unseen },
    ],
    UpdateRoom: [
      (chat, roomId) => chat.updateRoom({ roomId, topic: "news" }),
      { ...admins, ...outside },
      { ...admins, ...unseen },
    ],
    CreateInvite: [
      (chat, roomId) => chat.createInvite({ roomId }),
      { ...everyone, ...outside },
      { ...everyone, member: "ROLE_TOO_LOW", ...unseen },
    ],
    ListInvites: [
      (chat, roomId) => chat.listInvites({ roomId }),
      { ...everyone, ...outside },
      { ...everyone, member: "ROLE_TOO_LOW", ...unseen },
    ],
    "RevokeInvite of the owner's": [
      async (chat, roomId) => chat.revokeInvite({ roomId, code: (await inviteTo(roomId)).code }),
      { ...admins, stranger: "ROLE_TOO_LOW", banned: "BANNED" },
      { ...admins, stranger: "INVITE_NOT_FOUND", banned: "INVITE_NOT_FOUND" },
    ],
    "RevokeInvite of none": [
      (chat, roomId) => chat.revokeInvite({ roomId, code: "nothing" }),
      { owner: "INVITE_NOT_FOUND", member: "INVITE_NOT_FOUND", stranger: "INVITE_NOT_FOUND", banned: "BANNED" },
      { owner: "INVITE_NOT_FOUND", stranger: "INVITE_NOT_FOUND" },
    ],
    "SetMemberRole of a member": [
      (chat, roomId) => chat.setMemberRole({ roomId, userId: cast.other.id, role: MemberRole.MEMBER }),
      { ...admins, ...outside },
      { ...admins, ...unseen },
    ],
    "SetMemberRole of a stranger": [
      (chat, roomId) => chat.setMemberRole({ roomId, userId: cast.stranger.id, role: MemberRole.MODERATOR }),
      { owner: "MEMBER_NOT_FOUND", moderator: "ROLE_TOO_LOW" },
      { owner: "MEMBER_NOT_FOUND" },
    ],
    "JoinRoom again": [
      (chat, roomId) => chat.joinRoom({ roomId }),
      { owner: "ok", member: "ok", banned: "BANNED" },
      { owner: "ok", member: "ok", ...unseen },
    ],
    LeaveRoom: [
      (chat, roomId) => chat.leaveRoom({ roomId }),
      { owner: "OWNER_CANNOT_LEAVE", stranger: "ok", banned: "ok", root: "ok", member: "ok" },
      { owner: "OWNER_CANNOT_LEAVE", ...unseen, member: "ok" },
    ],
    ArchiveRoom: [
      (chat, roomId) => chat.archiveRoom({ roomId }),
      { ...outside, other: "ROLE_TOO_LOW", moderator: "ROLE_TOO_LOW", root: "ROLE_TOO_LOW", owner: "ok" },
      { ...unseen, other: "ROLE_TOO_LOW", moderator: "ROLE_TOO_LOW", root: "ROLE_TOO_LOW", owner: "ok" },
    ],
  };

  for (const [column, type] of [RoomType.PUBLIC, RoomType.PRIVATE].entries()) {
    describe(type === RoomType.PUBLIC ? "in a public room" : "in a private room", () => {
      let roomId: string;
      beforeAll(async () => {
        roomId = await roomOf(cast, type);
      });
      it.each(Object.entries(calls))("%s", async (_, [call, ...expected]) => {
        for (const [role, reason] of Object.entries(expected[column] ?? {})) {
          expect.soft(await reasonOf(call(cast[role as Role].chat, roomId)), role).toBe(reason);
        }
      });
    });
  }

  it.each(Object.entries(calls))("%s of a room that is not there", async (name, [call]) => {
    if (name.includes("of the owner's")) return;
    const expected = name.startsWith("RevokeInvite") ? /ROOM_NOT_FOUND|INVITE_NOT_FOUND/ : /ROOM_NOT_FOUND/;
    for (const who of [cast.owner, cast.root]) expect(await reasonOf(call(who.chat, nowhere))).toMatch(expected);
  });

  it("nobody gets in without signing in", async () => {
    expect(await reasonOf(clientsOf(app.gateway).chat.listRooms({}))).toBe("UNAUTHENTICATED");
  });
});

describe("making rooms", () => {
  it.each([
    [{}, RoomType.PUBLIC, RoomVisibility.OPEN],
    [{ type: RoomType.PRIVATE }, RoomType.PRIVATE, RoomVisibility.INVITE_ONLY],
    [{ type: RoomType.PRIVATE, visibility: RoomVisibility.OPEN }, RoomType.PRIVATE, RoomVisibility.INVITE_ONLY],
    [{ type: RoomType.PRIVATE, visibility: RoomVisibility.HIDDEN }, RoomType.PRIVATE, RoomVisibility.HIDDEN],
    [{ visibility: RoomVisibility.HIDDEN }, RoomType.PUBLIC, RoomVisibility.HIDDEN],
    [{ type: RoomType.PREMIUM }, RoomType.PREMIUM, RoomVisibility.OPEN],
  ])("of %j", async (wish, type, visibility) => {
    const { room } = await cast.owner.chat.createRoom({ name: "hall", description: "big", ...wish });
    expect(room).toMatchObject({ name: "hall", description: "big", type, visibility, createdBy: cast.owner.id });
    expect(room).toMatchObject({ memberCount: 1, isActive: true, headSequence: 2n, myRole: MemberRole.OWNER });
    expect(await eventsIn(room?.id ?? "")).toEqual(["roomCreated", "memberJoined"]);
    expect((await storedEvents(app, room?.id ?? "")).map(({ sequence }) => sequence)).toEqual([1n, 2n]);
  });

  it("refuses what is not for CreateRoom", async () => {
    expect(await reasonOf(newRoom({ type: RoomType.DIRECT }))).toBe("INVALID_FIELD");
    expect(await reasonOf(newRoom({ name: "" }))).toBe("INVALID_FIELD");
  });

  it("a repeated request makes one room, and other content is refused", async () => {
    const ask = { name: "once", requestId: "r-1" };
    const ids = await Promise.all([newRoom(ask), newRoom(ask), newRoom(ask)]);
    expect(new Set(ids).size).toBe(1);
    expect(await reasonOf(newRoom({ ...ask, name: "twice" }))).toBe("REQUEST_ID_REUSED");
    expect(await newRoom(ask, cast.other)).not.toBe(ids[0]);
    const { rooms } = await cast.owner.chat.listRooms({ joinedOnly: true, pageSize: 200 });
    expect(rooms.filter(({ name }) => name === "once")).toHaveLength(1);
  });
});

describe("joining and leaving", () => {
  it("a member joins once and leaves once, with one event each", async () => {
    const roomId = await newRoom();
    const { member } = await cast.member.chat.joinRoom({ roomId });
    expect(member).toMatchObject({ roomId, userId: cast.member.id, username: "member", role: MemberRole.MEMBER });
    await cast.member.chat.joinRoom({ roomId });
    expect((await cast.member.chat.getRoomInfo({ roomId })).room).toMatchObject({ memberCount: 2, headSequence: 3n });
    await cast.member.chat.leaveRoom({ roomId });
    await cast.member.chat.leaveRoom({ roomId });
    const { room } = await cast.member.chat.getRoomInfo({ roomId });
    expect(room).toMatchObject({ memberCount: 1, headSequence: 4n });
    expect(room?.myRole).toBeUndefined();
    expect((await eventsIn(roomId)).slice(2)).toEqual(["memberJoined", "memberLeft"]);
    expect((await storedEvents(app, roomId)).at(-1)?.payload.value).toMatchObject({
      userId: cast.member.id,
      username: "member",
      reason: LeaveReason.LEFT,
    });
  });

  it("people who join at the same time are all counted", async () => {
    const roomId = await newRoom();
    const people = [cast.member, cast.other, cast.muted, cast.stranger, cast.moderator];
    await Promise.all(people.flatMap(({ chat }) => [chat.joinRoom({ roomId }), chat.joinRoom({ roomId })]));
    expect((await cast.owner.chat.getRoomInfo({ roomId })).room).toMatchObject({ memberCount: 6, headSequence: 7n });
  });

  it("lists members page by page, in the order in which they joined", async () => {
    const roomId = await newRoom();
    const joined = [cast.other, cast.member, cast.moderator];
    for (const { chat } of joined) await chat.joinRoom({ roomId });
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await cast.stranger.chat.listMembers({ roomId, pageSize: 2, pageToken });
      expect(page.members.length).toBeLessThanOrEqual(2);
      seen.push(...page.members.map(({ username }) => username));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(seen).toEqual(["owner", "other", "member", "moderator"]);
    const elsewhere = await newRoom();
    const { nextPageToken } = await cast.owner.chat.listMembers({ roomId, pageSize: 1 });
    expect(await reasonOf(cast.owner.chat.listMembers({ roomId: elsewhere, pageToken: nextPageToken }))).toBe(
      "INVALID_PAGE_TOKEN",
    );
  });

  it("a premium room is seen by all, and read and joined by premium accounts", async () => {
    const gold = await person(app, "gold");
    await cast.root.auth.setUserRole({ userId: gold.id, role: UserRole.PREMIUM });
    const signedIn = await gold.auth.login({ login: gold.username, password: gold.password });
    const { chat } = clientsOf(app.gateway, signedIn.tokens?.accessToken);
    const roomId = await newRoom({ type: RoomType.PREMIUM });
    expect(await reasonOf(cast.stranger.chat.getRoomInfo({ roomId }))).toBe("ok");
    expect(await reasonOf(cast.stranger.chat.listMembers({ roomId }))).toBe("PREMIUM_REQUIRED");
    expect(await reasonOf(cast.stranger.chat.joinRoom({ roomId }))).toBe("PREMIUM_REQUIRED");
    expect(await reasonOf(chat.listMembers({ roomId }))).toBe("ok");
    expect(await reasonOf(chat.joinRoom({ roomId }))).toBe("ok");
    const { rooms } = await cast.stranger.chat.listRooms({ pageSize: 200 });
    expect(rooms.map(({ id }) => id)).toContain(roomId);
  });
});

describe("invites", () => {
  it("are listed while they open: all of them to admins, their own to who made them", async () => {
    const roomId = await roomOf(cast, RoomType.PUBLIC);
    const codesOf = async ({ chat }: Person) => {
      const codes: string[] = [];
      let pageToken = "";
      do {
        const page = await chat.listInvites({ roomId, pageSize: 1, pageToken });
        codes.push(...page.invites.map(({ code }) => code));
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      return codes;
    };
    const before = await codesOf(cast.owner);
    const first = await inviteTo(roomId);
    const once = await inviteTo(roomId, { maxUses: 1 });
    const gone = await inviteTo(roomId);
    const { invite: own } = await cast.member.chat.createInvite({ roomId });
    await cast.owner.chat.revokeInvite({ roomId, code: gone.code });
    expect((await codesOf(cast.owner)).sort()).toEqual([...before, first.code, once.code, own?.code].sort());
    expect(await codesOf(cast.member)).toEqual([own?.code]);
  });

  it.each([
    ["public, by invitation", { visibility: RoomVisibility.INVITE_ONLY }, "INVITE_REQUIRED", "INVITE_INVALID"],
    ["hidden", { visibility: RoomVisibility.HIDDEN }, "ROOM_NOT_FOUND", "ROOM_NOT_FOUND"],
    ["private", { type: RoomType.PRIVATE }, "ROOM_NOT_FOUND", "ROOM_NOT_FOUND"],
  ])("open a room that is %s", async (_, wish, without, wrong) => {
    const roomId = await newRoom(wish);
    const elsewhere = await inviteTo(await newRoom(wish));
    const { code, maxUses, uses } = await inviteTo(roomId, { maxUses: 1 });
    expect(code).toMatch(/^[A-Za-z0-9_-]{12}$/);
    expect({ maxUses, uses }).toEqual({ maxUses: 1, uses: 0 });
    const join = (who: Person, inviteCode?: string) =>
      reasonOf(who.chat.joinRoom({ roomId, ...(inviteCode !== undefined && { inviteCode }) }));
    expect(await join(cast.stranger)).toBe(without);
    expect(await join(cast.stranger, "no-such-code")).toBe(wrong);
    expect(await join(cast.stranger, elsewhere.code)).toBe(wrong);
    expect(await join(cast.member, code)).toBe("ok");
    // Who is in already needs no code and uses none up; who holds a spent one hears that it is spent.
    expect(await join(cast.member)).toBe("ok");
    expect(await join(cast.stranger, code)).toBe("INVITE_INVALID");
  });

  it("count uses exactly, also at the same time", async () => {
    const roomId = await newRoom({ type: RoomType.PRIVATE });
    const { code: inviteCode } = await inviteTo(roomId, { maxUses: 2 });
    const people = [cast.member, cast.other, cast.stranger, cast.muted];
    const ended = await Promise.all(people.map(({ chat }) => reasonOf(chat.joinRoom({ roomId, inviteCode }))));
    expect(ended.sort()).toEqual(["INVITE_INVALID", "INVITE_INVALID", "ok", "ok"]);
  });

  it("end by time and by being revoked", async () => {
    const roomId = await newRoom({ type: RoomType.PRIVATE });
    const short = await inviteTo(roomId, { validFor: durationFromMs(60_000) });
    const long = await inviteTo(roomId);
    clock.advance(60_000);
    const join = (inviteCode: string) => reasonOf(cast.stranger.chat.joinRoom({ roomId, inviteCode }));
    expect(await join(short.code)).toBe("INVITE_INVALID");
    await cast.owner.chat.revokeInvite({ roomId, code: long.code });
    await cast.owner.chat.revokeInvite({ roomId, code: long.code });
    expect(await join(long.code)).toBe("INVITE_INVALID");
  });

  it("of a room that a stranger may not know of sound like those of no room", async () => {
    const roomId = await newRoom({ type: RoomType.PRIVATE });
    for (const room of [roomId, nowhere]) {
      expect(await reasonOf(cast.stranger.chat.revokeInvite({ roomId: room, code: "nothing" }))).toBe(
        "INVITE_NOT_FOUND",
      );
    }
  });

  it("are revoked by who made them, also without a role", async () => {
    const roomId = await newRoom();
    await cast.member.chat.joinRoom({ roomId });
    await cast.other.chat.joinRoom({ roomId });
    const { invite } = await cast.member.chat.createInvite({ roomId });
    const revoke = (who: Person) => reasonOf(who.chat.revokeInvite({ roomId, code: invite?.code ?? "" }));
    expect(await revoke(cast.other)).toBe("ROLE_TOO_LOW");
    expect(await revoke(cast.member)).toBe("ok");
  });
});

describe("finding rooms", () => {
  it("lists what the caller may find, the newest first, and counts all of it", async () => {
    const seeker = await person(app, "seeker");
    const mine = await newRoom({ type: RoomType.PRIVATE }, seeker);
    const hidden = await newRoom({ visibility: RoomVisibility.HIDDEN });
    const secret = await newRoom({ type: RoomType.PRIVATE });
    const listed = await newRoom({ visibility: RoomVisibility.INVITE_ONLY });
    const closed = await newRoom();
    await cast.owner.chat.archiveRoom({ roomId: closed });
    const unwelcome = await newRoom();
    await cast.owner.chat.banUser({ roomId: unwelcome, userId: seeker.id });
    await seeker.chat.sendDirectMessage({ recipientId: cast.owner.id, content: "hello" });

    const found: string[] = [];
    let pageToken = "";
    let total = 0;
    do {
      const page = await seeker.chat.listRooms({ pageSize: 3, pageToken });
      found.push(...page.rooms.map(({ id }) => id));
      total = page.totalSize;
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(found).toEqual([...new Set(found)].sort().reverse());
    expect(total).toBe(found.length);
    expect(found).toEqual(expect.arrayContaining([mine, listed]));
    for (const roomId of [hidden, secret, closed, unwelcome]) expect(found).not.toContain(roomId);

    const joined = await seeker.chat.listRooms({ joinedOnly: true });
    expect(joined).toMatchObject({ totalSize: 1, nextPageToken: "" });
    expect(joined.rooms).toMatchObject([{ id: mine, myRole: MemberRole.OWNER }]);
    const { nextPageToken } = await seeker.chat.listRooms({ pageSize: 1 });
    expect(await reasonOf(seeker.chat.listRooms({ joinedOnly: true, pageToken: nextPageToken }))).toBe(
      "INVALID_PAGE_TOKEN",
    );
  });
});

describe("changing rooms", () => {
  it("changes what is given, once", async () => {
    const roomId = await newRoom({ description: "before" });
    const change = { roomId, name: "after", topic: "now", slowMode: durationFromMs(5_000) };
    const { room } = await cast.owner.chat.updateRoom(change);
    expect(room).toMatchObject({ name: "after", description: "before", topic: "now", headSequence: 3n });
    expect(room?.slowMode).toMatchObject({ seconds: 5n });
    await cast.owner.chat.updateRoom(change);
    expect((await cast.owner.chat.updateRoom({ roomId, slowMode: durationFromMs(0) })).room?.slowMode).toBeUndefined();
    expect((await eventsIn(roomId)).slice(2)).toEqual(["roomUpdated", "roomUpdated"]);
  });

  it("shows blocked words to moderators only, and never in an event", async () => {
    const roomId = await newRoom();
    await cast.member.chat.joinRoom({ roomId });
    const { room } = await cast.owner.chat.updateRoom({ roomId, blockedWords: ["Foo", "foo", "BAR"] });
    expect(room?.blockedWords).toEqual(["foo", "bar"]);
    expect((await cast.member.chat.getRoomInfo({ roomId })).room?.blockedWords).toEqual([]);
    const listed = await cast.member.chat.listRooms({ joinedOnly: true, pageSize: 200 });
    expect(listed.rooms.find(({ id }) => id === roomId)?.blockedWords).toEqual([]);
    expect((await cast.root.chat.getRoomInfo({ roomId })).room?.blockedWords).toEqual(["foo", "bar"]);
    const updated = (await storedEvents(app, roomId)).at(-1)?.payload;
    if (updated?.case !== "roomUpdated") throw new Error("the last event is not room_updated");
    expect(updated.value.room).toMatchObject({ blockedWords: [], headSequence: 4n, memberCount: 2 });
    expect(updated.value.room?.myRole).toBeUndefined();
    await cast.owner.chat.updateRoom({ roomId, blockedWords: [] });
    expect((await cast.owner.chat.getRoomInfo({ roomId })).room?.blockedWords).toEqual(["foo", "bar"]);
    const cleared = await cast.owner.chat.updateRoom({ roomId, clearBlockedWords: true, blockedWords: ["baz"] });
    expect(cleared.room?.blockedWords).toEqual([]);
  });

  it("an archived room is read, not changed, and archived once", async () => {
    const roomId = await newRoom();
    await cast.member.chat.joinRoom({ roomId });
    const archive = () => cast.owner.chat.archiveRoom({ roomId });
    expect((await archive()).room).toMatchObject({ isActive: false, headSequence: 4n });
    expect((await archive()).room).toMatchObject({ isActive: false, headSequence: 4n });
    const { owner, member, stranger } = cast;
    const userId = member.id;
    expect(await reasonOf(stranger.chat.getRoomInfo({ roomId }))).toBe("ok");
    expect(await reasonOf(stranger.chat.listMembers({ roomId }))).toBe("ok");
    const refused = [
      stranger.chat.joinRoom({ roomId }),
      owner.chat.updateRoom({ roomId, name: "new" }),
      owner.chat.createInvite({ roomId }),
      owner.chat.setMemberRole({ roomId, userId, role: MemberRole.ADMIN }),
      owner.chat.muteUser({ roomId, userId }),
      owner.chat.unmuteUser({ roomId, userId }),
      owner.chat.kickUser({ roomId, userId }),
      owner.chat.banUser({ roomId, userId }),
    ];
    expect(await Promise.all(refused.map(reasonOf))).toEqual(refused.map(() => "ROOM_ARCHIVED"));
    expect(await eventsIn(roomId)).toHaveLength(4);
    // Who made it may go, now that there is nothing left to own.
    expect(await reasonOf(member.chat.leaveRoom({ roomId }))).toBe("ok");
    expect(await reasonOf(owner.chat.leaveRoom({ roomId }))).toBe("ok");
  });
});

describe("roles", () => {
  it("act below themselves only", async () => {
    const roomId = await newRoom();
    const { owner, moderator, member, other, muted } = cast;
    for (const { chat } of [moderator, member, other, muted]) await chat.joinRoom({ roomId });
    const set = (who: Person, whom: Person, role: MemberRole) =>
      reasonOf(who.chat.setMemberRole({ roomId, userId: whom.id, role }));
    expect(await set(owner, member, MemberRole.ADMIN)).toBe("ok");
    expect(await set(owner, other, MemberRole.ADMIN)).toBe("ok");
    expect(await set(member, moderator, MemberRole.MODERATOR)).toBe("ok");
    expect(await set(member, moderator, MemberRole.MODERATOR)).toBe("ok");
    expect(await set(member, muted, MemberRole.ADMIN)).toBe("ROLE_TOO_LOW");
    expect(await set(member, muted, MemberRole.OWNER)).toBe("ROLE_TOO_LOW");
    expect(await set(member, other, MemberRole.MEMBER)).toBe("TARGET_NOT_BELOW");
    expect(await set(member, owner, MemberRole.MEMBER)).toBe("TARGET_NOT_BELOW");
    expect(await set(member, member, MemberRole.MEMBER)).toBe("TARGET_NOT_BELOW");
    expect(await set(owner, owner, MemberRole.MEMBER)).toBe("TARGET_NOT_BELOW");
    expect(await set(moderator, muted, MemberRole.MODERATOR)).toBe("ROLE_TOO_LOW");
    expect(await set(owner, member, MemberRole.UNSPECIFIED)).toBe("INVALID_FIELD");
    expect((await eventsIn(roomId)).slice(6)).toEqual(["memberRoleChanged", "memberRoleChanged", "memberRoleChanged"]);
  });

  it("OWNER hands the room over", async () => {
    const roomId = await newRoom();
    await cast.member.chat.joinRoom({ roomId });
    const { member } = await cast.owner.chat.setMemberRole({
      roomId,
      userId: cast.member.id,
      role: MemberRole.OWNER,
    });
    expect(member).toMatchObject({ userId: cast.member.id, role: MemberRole.OWNER });
    const roles = (await storedEvents(app, roomId)).slice(3).map(({ payload }) => payload.value);
    expect(roles).toMatchObject([
      { userId: cast.owner.id, role: MemberRole.ADMIN },
      { userId: cast.member.id, role: MemberRole.OWNER },
    ]);
    expect(await reasonOf(cast.owner.chat.archiveRoom({ roomId }))).toBe("ROLE_TOO_LOW");
    expect(await reasonOf(cast.owner.chat.leaveRoom({ roomId }))).toBe("ok");
  });

  it("OWNER ends a mute, which nobody could lift any more", async () => {
    const roomId = await newRoom();
    const { owner, member } = cast;
    await member.chat.joinRoom({ roomId });
    await owner.chat.muteUser({ roomId, userId: member.id });
    const answer = await owner.chat.setMemberRole({ roomId, userId: member.id, role: MemberRole.OWNER });
    expect(answer.member?.mutedUntil).toBeUndefined();
    expect((await eventsIn(roomId)).slice(-3)).toEqual(["memberRoleChanged", "memberRoleChanged", "sanctionLifted"]);
    expect(await reasonOf(member.chat.sendMessage({ roomId, content: "thank you" }))).toBe("ok");
    expect((await member.chat.listSanctions({ roomId })).sanctions).toEqual([]);
  });
});

describe("direct conversations", () => {
  it("are rooms that nobody joins, leaves, changes or moderates, and others do not know of", async () => {
    const { owner, member, root, stranger } = cast;
    const { message } = await owner.chat.sendDirectMessage({ recipientId: member.id, content: "psst" });
    const roomId = message?.roomId ?? "";
    const userId = member.id;
    const info = await owner.chat.getRoomInfo({ roomId });
    expect(info.room).toMatchObject({ type: RoomType.DIRECT, otherUserId: member.id, otherUsername: "member" });
    expect((await member.chat.getRoomInfo({ roomId })).room).toMatchObject({ otherUserId: owner.id });
    const changes: ((chat: Chat) => Promise<unknown>)[] = [
      (chat) => chat.joinRoom({ roomId }),
      (chat) => chat.leaveRoom({ roomId }),
      (chat) => chat.updateRoom({ roomId, name: "us" }),
      (chat) => chat.archiveRoom({ roomId }),
      (chat) => chat.createInvite({ roomId }),
      (chat) => chat.setMemberRole({ roomId, userId, role: MemberRole.ADMIN }),
      (chat) => chat.muteUser({ roomId, userId }),
      (chat) => chat.kickUser({ roomId, userId }),
      (chat) => chat.banUser({ roomId, userId }),
      (chat) => chat.listSanctions({ roomId }),
      (chat) => chat.listModerationLog({ roomId }),
    ];
    for (const change of changes) {
      expect.soft(await reasonOf(change(owner.chat)), String(change)).toBe("DIRECT_ROOM");
      expect.soft(await reasonOf(change(stranger.chat)), String(change)).toBe("ROOM_NOT_FOUND");
      expect.soft(await reasonOf(change(root.chat)), String(change)).toBe("ROOM_NOT_FOUND");
    }
    expect(await reasonOf(root.chat.getRoomInfo({ roomId }))).toBe("ROOM_NOT_FOUND");
  });
});

describe("what adds up", () => {
  it("a room's numbers", async () => {
    const roomId = await newRoom();
    for (const { chat } of [cast.member, cast.other]) await chat.joinRoom({ roomId });
    for (const { chat } of [cast.member, cast.other, cast.member]) await chat.sendMessage({ roomId, content: "hi" });
    const { stats } = await cast.stranger.chat.getRoomStats({ roomId });
    expect(stats).toMatchObject({ roomId, totalMembers: 3, messagesToday: 3n, totalMessages: 3n, activeUsers: 2 });
  });

  it("a user's, for those who may look", async () => {
    const lonely = await person(app, "lonely");
    const roomId = await newRoom({ type: RoomType.PRIVATE }, lonely);
    await lonely.chat.sendMessage({ roomId, content: "anyone?" });
    const own = await lonely.chat.getUserActivity({});
    expect(own.activity).toMatchObject({ userId: lonely.id, roomsJoined: 1, messagesSent: 1n, isOnline: false });
    expect(own.activity?.lastActivityAt).toBeDefined();
    const look = (who: Person, userId: string) => reasonOf(who.chat.getUserActivity({ userId }));
    expect(await look(cast.stranger, lonely.id)).toBe("USER_NOT_FOUND");
    expect(await look(cast.root, lonely.id)).toBe("ok");
    expect(await look(cast.root, "999999")).toBe("USER_NOT_FOUND");
    const { invite } = await lonely.chat.createInvite({ roomId });
    await cast.stranger.chat.joinRoom({ roomId, inviteCode: invite?.code ?? "" });
    expect(await look(cast.stranger, lonely.id)).toBe("ok");
  });
});

describe("the messages that somebody sent", () => {
  it("are counted once, and then no more", async () => {
    const busy = await person(app, "busy");
    const roomId = await newRoom({}, busy);
    const count = async () => (await busy.chat.getUserActivity({})).activity?.messagesSent;
    const database = app.app.platform.database.withTables<ChatTables>("chat");
    const many = limits.chat.messagesCountedAnew + 1;
    await database.write(async (tx) => {
      for (let from = 0; from < many; from += 100) {
        const rows = Array.from({ length: Math.min(100, many - from) }, (_, index) => ({
          id: newId() as string,
          room_id: roomId,
          sequence: 1000 + from + index,
          sender_id: Number(busy.id),
          sender_username: busy.username,
          content: "",
          type: 1,
          created_at: 1000,
          updated_at: null,
          is_edited: 0,
          is_deleted: 0,
          reply_to: null,
          reply_count: 0,
          ordinal: 0,
          mentions: "[]",
          reactions: "[]",
          pinned_sequence: null,
          attachments: "[]",
        }));
        await tx.insertInto("chat_messages").values(rows).execute();
      }
    });
    const kept = () =>
      database.read.selectFrom("chat_sent_counts").selectAll().where("user_id", "=", Number(busy.id)).execute();
    expect([await count(), await count()]).toEqual([BigInt(many), BigInt(many)]);
    expect(await kept()).toMatchObject([{ messages: many }]);
    // What was counted is not looked at again.
    await database.write((tx) => tx.deleteFrom("chat_messages").where("room_id", "=", roomId).execute());
    expect(await count()).toBe(BigInt(many));
    await busy.auth.deleteAccount({ password: busy.password });
    await expect.poll(kept, { timeout: 10_000 }).toEqual([]);
  });
});

describe("CheckAccess", () => {
  it.each<[Role, RoomType, readonly string[] | string]>([
    ["owner", RoomType.PUBLIC, ["read", "write", "moderate"]],
    ["moderator", RoomType.PUBLIC, ["read", "write", "moderate"]],
    ["member", RoomType.PUBLIC, ["read", "write"]],
    ["muted", RoomType.PUBLIC, ["read"]],
    ["stranger", RoomType.PUBLIC, ["read"]],
    ["banned", RoomType.PUBLIC, []],
    ["root", RoomType.PUBLIC, ["read", "moderate"]],
    ["member", RoomType.PRIVATE, ["read", "write"]],
    ["root", RoomType.PRIVATE, ["read", "moderate"]],
    ["stranger", RoomType.PRIVATE, "ROOM_NOT_FOUND"],
    ["banned", RoomType.PRIVATE, "ROOM_NOT_FOUND"],
  ])("%s in a room of type %i", async (role, type, expected) => {
    const roomId = await roomOf(cast, type);
    const asks = [
      () => cast[role].chat.checkAccess({ roomId }),
      () => cast.root.chat.checkAccess({ roomId, userId: cast[role].id }),
    ];
    for (const ask of asks) {
      if (typeof expected === "string") expect(await reasonOf(ask())).toBe(expected);
      else expect((await ask()).permissions).toEqual(expected);
    }
  });

  it("of others is for administrators", async () => {
    const roomId = await newRoom();
    expect(await reasonOf(cast.owner.chat.checkAccess({ roomId, userId: cast.member.id }))).toBe("ADMIN_ONLY");
  });
});

describe("an erased account", () => {
  it("leaves its rooms to others, and its name nowhere", async () => {
    const gone = await person(app, "zanzibar");
    const shared = await newRoom({}, gone);
    const alone = await newRoom({}, gone);
    for (const { chat } of [cast.other, cast.member, cast.moderator]) await chat.joinRoom({ roomId: shared });
    await gone.chat.setMemberRole({ roomId: shared, userId: cast.moderator.id, role: MemberRole.MODERATOR });
    const left = await newRoom();
    await gone.chat.joinRoom({ roomId: left });
    await cast.owner.chat.banUser({ roomId: left, userId: gone.id });
    await gone.chat.sendMessage({ roomId: shared, content: "remember this" });
    await gone.chat.sendDirectMessage({ recipientId: cast.owner.id, content: "farewell" });
    const keepers = await chatTablesHolding("zanzibar");
    expect(keepers).toEqual(expect.arrayContaining(["chat_members", "chat_events", "chat_messages", "chat_sanctions"]));

    await gone.auth.deleteAccount({ password: gone.password });
    await expect
      .poll(async () => (await cast.owner.chat.getRoomInfo({ roomId: alone })).room?.isActive, { timeout: 10_000 })
      .toBe(false);
    expect((await cast.moderator.chat.getRoomInfo({ roomId: shared })).room).toMatchObject({
      isActive: true,
      memberCount: 3,
      myRole: MemberRole.OWNER,
    });
    expect((await eventsIn(shared)).slice(-2)).toEqual(["memberLeft", "memberRoleChanged"]);
    expect((await storedEvents(app, shared)).at(-2)).toMatchObject({
      actorId: "0",
      payload: { value: { userId: gone.id, username: "", reason: LeaveReason.ERASED } },
    });
    expect((await eventsIn(alone)).slice(-2)).toEqual(["memberLeft", "roomArchived"]);
    const { messages } = await cast.owner.chat.getMessageHistory({ roomId: shared });
    expect(messages).toMatchObject([{ senderId: "0", senderUsername: "", content: "remember this" }]);
    await expect.poll(() => chatTablesHolding("zanzibar"), { timeout: 10_000 }).toEqual([]);
  });

  it("is no longer named to who comes back to a room that it had left, from what the service remembers", async () => {
    const gone = await person(app, "wanderer");
    const roomId = await newRoom();
    const stop = new AbortController();
    /** The frames of a stream until the room is up to date, which then stays open. */
    async function follow(who: Person, afterSequence?: bigint) {
      const cursors = afterSequence === undefined ? [] : [{ roomId, afterSequence }];
      const frames = who.chat
        .subscribeToChatEvents({ roomIds: [roomId], cursors }, { signal: stop.signal })
        [Symbol.asyncIterator]();
      const seen = [];
      for (;;) {
        const { frame } = (await frames.next()).value;
        if (frame.case === "event") seen.push(frame.value);
        if (frame.case === "caughtUp") return seen;
      }
    }
    try {
      await follow(cast.owner);
      await gone.chat.joinRoom({ roomId });
      await gone.chat.sendMessage({ roomId, content: "hello" });
      await gone.chat.leaveRoom({ roomId });
      await gone.auth.deleteAccount({ password: gone.password });
      await expect.poll(() => chatTablesHolding("wanderer"), { timeout: 10_000 }).toEqual([]);
      const seen = await follow(cast.member, 2n);
      expect(seen.map(({ payload }) => payload.case)).toEqual(["memberJoined", "messageSent", "memberLeft"]);
      expect(seen).toMatchObject([
        { payload: { value: { member: { username: "" } } } },
        { payload: { value: { message: { senderId: "0", senderUsername: "" } } } },
        { payload: { value: { username: "" } } },
      ]);
    } finally {
      stop.abort();
    }
  });
});
