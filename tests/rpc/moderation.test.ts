import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LeaveReason } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import { MemberRole, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { AuthTables } from "#src/auth/tables.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { createTestClock, type TestClock } from "../kit/clock.ts";
import type { Person } from "../kit/people.ts";
import { type Cast, castOf, type Role, reasonOf, roomOf, storedEvents } from "./chat-kit.ts";

let app: TestApp;
let clock: TestClock;
let cast: Cast;
/** A room of its own for each test, in which everybody is what their name says. */
let roomId: string;

beforeAll(async () => {
  clock = createTestClock();
  app = await startApp({ overrides: { clock } });
  cast = await castOf(app);
});
beforeEach(async () => {
  roomId = await roomOf(cast);
});
afterAll(() => app[Symbol.asyncDispose]());

type Chat = Person["chat"];
type Expected = Partial<Record<Role, string>>;

const nobody = "999999";
const say = (who: Person) => reasonOf(who.chat.sendMessage({ roomId, content: "hello" }));
const join = (who: Person) => reasonOf(who.chat.joinRoom({ roomId }));

/** What was stored since a number, as kinds of events. */
async function eventsAfter(sequence: bigint) {
  return (await storedEvents(app, roomId)).filter((event) => event.sequence > sequence);
}
async function head(): Promise<bigint> {
  return (await cast.owner.chat.getRoomInfo({ roomId })).room?.headSequence ?? 0n;
}

describe("who may act on whom", () => {
  const acts: Record<string, (chat: Chat, userId: string) => Promise<unknown>> = {
    MuteUser: (chat, userId) => chat.muteUser({ roomId, userId }),
    KickUser: (chat, userId) => chat.kickUser({ roomId, userId }),
    BanUser: (chat, userId) => chat.banUser({ roomId, userId }),
    UnmuteUser: (chat, userId) => chat.unmuteUser({ roomId, userId }),
    UnbanUser: (chat, userId) => chat.unbanUser({ roomId, userId }),
  };
  const refused = { stranger: "NOT_A_MEMBER", banned: "BANNED", member: "ROLE_TOO_LOW", muted: "ROLE_TOO_LOW" };

  describe.each(Object.entries(acts))("%s", (name, act) => {
    it.each(Object.entries(refused))("%s may not", async (role, reason) => {
      const before = await head();
      expect(await reasonOf(act(cast[role as Role].chat, cast.other.id))).toBe(reason);
      expect(await head()).toBe(before);
    });

    it("nobody may in a room that they cannot see", async () => {
      roomId = await roomOf(cast, RoomType.PRIVATE);
      for (const who of [cast.stranger, cast.banned]) {
        expect(await reasonOf(act(who.chat, cast.other.id))).toBe("ROOM_NOT_FOUND");
      }
    });

    it("moderators, the owner and administrators of the service may", async () => {
      const target = { MuteUser: cast.other, KickUser: cast.other, BanUser: cast.other }[name];
      for (const who of [cast.moderator, cast.owner, cast.root]) {
        roomId = await roomOf(cast);
        const whom = target ?? (name === "UnmuteUser" ? cast.muted : cast.banned);
        expect(await reasonOf(act(who.chat, whom.id)), who.username).toBe("ok");
      }
    });
  });

  const sanctions = ["MuteUser", "KickUser", "BanUser"] as const;
  it.each(sanctions)("%s reaches lower roles only, and nobody themselves", async (name) => {
    const act = acts[name] as (chat: Chat, userId: string) => Promise<unknown>;
    const { owner, moderator, other, root } = cast;
    await owner.chat.setMemberRole({ roomId, userId: other.id, role: MemberRole.ADMIN });
    const before = await head();
    expect(await reasonOf(act(moderator.chat, owner.id))).toBe("TARGET_NOT_BELOW");
    expect(await reasonOf(act(moderator.chat, other.id))).toBe("TARGET_NOT_BELOW");
    expect(await reasonOf(act(other.chat, owner.id))).toBe("TARGET_NOT_BELOW");
    expect(await reasonOf(act(root.chat, owner.id))).toBe("TARGET_NOT_BELOW");
    expect(await reasonOf(act(root.chat, other.id))).toBe("TARGET_NOT_BELOW");
    expect(await reasonOf(act(owner.chat, owner.id))).toBe("SELF_SANCTION");
    expect(await reasonOf(act(moderator.chat, moderator.id))).toBe("SELF_SANCTION");
    expect(await head()).toBe(before);
    expect(await reasonOf(act(owner.chat, other.id))).toBe("ok");
  });

  it.each([
    ["MuteUser", "stranger", "MEMBER_NOT_FOUND"],
    ["KickUser", "stranger", "MEMBER_NOT_FOUND"],
    ["UnmuteUser", "stranger", "MEMBER_NOT_FOUND"],
    ["UnmuteUser", "other", "SANCTION_NOT_FOUND"],
    ["UnbanUser", "other", "SANCTION_NOT_FOUND"],
    ["BanUser", "stranger", "ok"],
  ] as const)("%s on %s: %s", async (name, whom, reason) => {
    expect(await reasonOf((acts[name] as (typeof acts)[string])(cast.moderator.chat, cast[whom].id))).toBe(reason);
  });

  it("nobody bans who does not exist", async () => {
    expect(await reasonOf(cast.owner.chat.banUser({ roomId, userId: nobody }))).toBe("USER_NOT_FOUND");
  });

  const lists: Record<string, [(chat: Chat) => Promise<unknown>, Expected]> = {
    ListSanctions: [(chat) => chat.listSanctions({ roomId }), { ...refused, moderator: "ok", owner: "ok", root: "ok" }],
    ListModerationLog: [
      (chat) => chat.listModerationLog({ roomId }),
      { ...refused, moderator: "ok", owner: "ok", root: "ok" },
    ],
  };
  it.each(Object.entries(lists))("%s", async (_, [list, expected]) => {
    for (const [role, reason] of Object.entries(expected)) {
      expect.soft(await reasonOf(list(cast[role as Role].chat)), role).toBe(reason);
    }
    roomId = await roomOf(cast, RoomType.PRIVATE);
    expect(await reasonOf(list(cast.stranger.chat))).toBe("ROOM_NOT_FOUND");
  });
});

describe("a mute", () => {
  it("stops writing, is told to the room, and is lifted", async () => {
    const before = await head();
    const { sanction } = await cast.moderator.chat.muteUser({ roomId, userId: cast.member.id, reason: "too loud" });
    expect(sanction).toMatchObject({ roomId, userId: cast.member.id, username: "member", kind: SanctionKind.MUTE });
    expect(sanction).toMatchObject({ reason: "too loud", createdBy: cast.moderator.id });
    expect(sanction?.expiresAt).toBeUndefined();
    expect(await say(cast.member)).toBe("MUTED");
    expect(await reasonOf(cast.member.chat.getMessageHistory({ roomId }))).toBe("ok");
    await cast.owner.chat.unmuteUser({ roomId, userId: cast.member.id });
    expect(await say(cast.member)).toBe("ok");
    const [imposed, lifted] = await eventsAfter(before);
    expect(imposed).toMatchObject({ actorId: cast.moderator.id, payload: { case: "sanctionImposed" } });
    expect(imposed?.payload.value).toMatchObject({ sanction: { id: sanction?.id } });
    expect(lifted).toMatchObject({ actorId: cast.owner.id, payload: { case: "sanctionLifted" } });
    expect(lifted?.payload.value).toMatchObject({ userId: cast.member.id, kind: SanctionKind.MUTE });
  });

  it("ends by itself, and a second one replaces the first", async () => {
    const mute = (ms: number) =>
      cast.moderator.chat.muteUser({ roomId, userId: cast.member.id, duration: durationFromMs(ms) });
    await mute(60_000);
    await mute(120_000);
    const { members } = await cast.owner.chat.listMembers({ roomId });
    const seen = members.find(({ userId }) => userId === cast.member.id);
    expect(Number(seen?.mutedUntil?.seconds) - clock.now() / 1000).toBeGreaterThan(100);
    clock.advance(60_000);
    expect(await say(cast.member)).toBe("MUTED");
    clock.advance(60_000);
    expect(await say(cast.member)).toBe("ok");
    const { sanctions } = await cast.owner.chat.listSanctions({ roomId });
    expect(sanctions.map(({ userId }) => userId)).not.toContain(cast.member.id);
    // The room is told, by the service itself.
    await expect
      .poll(async () => (await storedEvents(app, roomId)).at(-1), { timeout: 10_000 })
      .toMatchObject({ actorId: "0", payload: { case: "sanctionLifted", value: { userId: cast.member.id } } });
  });

  it("for good, imposed again by the same person for the same reason, changes nothing", async () => {
    const mute = () => cast.moderator.chat.muteUser({ roomId, userId: cast.member.id, reason: "again" });
    const first = await mute();
    const before = await head();
    expect((await mute()).sanction).toEqual(first.sanction);
    expect(await head()).toBe(before);
  });

  it("is not shaken off by leaving", async () => {
    await cast.muted.chat.leaveRoom({ roomId });
    await join(cast.muted);
    expect(await say(cast.muted)).toBe("MUTED");
    await cast.muted.chat.leaveRoom({ roomId });
    expect(await reasonOf(cast.moderator.chat.unmuteUser({ roomId, userId: cast.muted.id }))).toBe("ok");
  });
});

describe("a kick", () => {
  it("ends the membership once, and the user may come back", async () => {
    const before = await head();
    const kick = () => reasonOf(cast.moderator.chat.kickUser({ roomId, userId: cast.member.id, reason: "enough" }));
    expect(await Promise.all([kick(), kick()]).then((ended) => ended.sort())).toEqual(["MEMBER_NOT_FOUND", "ok"]);
    const [left, ...more] = await eventsAfter(before);
    expect(left).toMatchObject({ actorId: cast.moderator.id, payload: { case: "memberLeft" } });
    expect(left?.payload.value).toMatchObject({
      userId: cast.member.id,
      username: "member",
      reason: LeaveReason.KICKED,
    });
    expect(more).toEqual([]);
    expect(await say(cast.member)).toBe("NOT_A_MEMBER");
    expect(await join(cast.member)).toBe("ok");
  });
});

describe("a ban", () => {
  it("ends the membership and keeps the user out of everything", async () => {
    const { member, moderator } = cast;
    const before = await head();
    const count = (await moderator.chat.getRoomInfo({ roomId })).room?.memberCount ?? 0;
    await moderator.chat.banUser({ roomId, userId: member.id, reason: "spam" });
    expect((await eventsAfter(before)).map(({ payload }) => payload.case)).toEqual(["memberLeft", "sanctionImposed"]);
    expect((await eventsAfter(before))[0]?.payload.value).toMatchObject({ reason: LeaveReason.BANNED });
    expect((await moderator.chat.getRoomInfo({ roomId })).room?.memberCount).toBe(count - 1);
    const calls: ((chat: Chat) => Promise<unknown>)[] = [
      (chat) => chat.getRoomInfo({ roomId }),
      (chat) => chat.joinRoom({ roomId }),
      (chat) => chat.listMembers({ roomId }),
      (chat) => chat.sendMessage({ roomId, content: "hello" }),
      (chat) => chat.getMessageHistory({ roomId }),
      (chat) => chat.getRoomStats({ roomId }),
      (chat) => chat.createInvite({ roomId }),
      (chat) => chat.updateRoom({ roomId, name: "mine" }),
    ];
    expect(await Promise.all(calls.map((call) => reasonOf(call(member.chat))))).toEqual(calls.map(() => "BANNED"));
    await moderator.chat.unbanUser({ roomId, userId: member.id });
    expect(await join(member)).toBe("ok");
  });

  it("ends by itself", async () => {
    await cast.owner.chat.banUser({ roomId, userId: cast.member.id, duration: durationFromMs(60_000) });
    expect(await join(cast.member)).toBe("BANNED");
    clock.advance(60_000);
    expect(await join(cast.member)).toBe("ok");
  });

  it("is replaced by the next one", async () => {
    const ban = (ms?: number) =>
      cast.owner.chat.banUser({
        roomId,
        userId: cast.stranger.id,
        ...(ms !== undefined && { duration: durationFromMs(ms) }),
      });
    await ban();
    await ban(60_000);
    const { sanctions } = await cast.owner.chat.listSanctions({ roomId });
    const standing = sanctions.filter(({ userId }) => userId === cast.stranger.id);
    expect(standing).toHaveLength(1);
    expect(standing[0]?.expiresAt).toBeDefined();
    expect(standing[0]?.username).toBe("stranger");
  });

  it("hides a private room altogether", async () => {
    roomId = await roomOf(cast, RoomType.PRIVATE);
    const { invite } = await cast.owner.chat.createInvite({ roomId });
    const inviteCode = invite?.code ?? "";
    expect(await reasonOf(cast.banned.chat.joinRoom({ roomId, inviteCode }))).toBe("ROOM_NOT_FOUND");
  });

  it("does not lock an administrator of the service out", async () => {
    await cast.root.chat.joinRoom({ roomId });
    expect(await reasonOf(cast.owner.chat.banUser({ roomId, userId: cast.root.id }))).toBe("ok");
    expect(await say(cast.root)).toBe("NOT_A_MEMBER");
    expect(await reasonOf(cast.root.chat.getMessageHistory({ roomId }))).toBe("ok");
  });
});

describe("what is kept of moderation", () => {
  it("the sanctions that hold and every act, the newest first, page by page", async () => {
    const { owner, moderator, member, other } = cast;
    await moderator.chat.kickUser({ roomId, userId: member.id, reason: "out" });
    await moderator.chat.banUser({ roomId, userId: other.id, reason: "stay out" });
    await owner.chat.unbanUser({ roomId, userId: other.id });
    const actions: string[] = [];
    let pageToken = "";
    do {
      const page = await moderator.chat.listModerationLog({ roomId, pageSize: 2, pageToken });
      actions.push(...page.entries.map(({ action }) => action));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    // The last three are how the room came to be as it is.
    expect(actions).toEqual(["unban", "ban", "kick", "ban", "mute", "role"]);
    const { entries } = await owner.chat.listModerationLog({ roomId, pageSize: 3 });
    expect(entries.at(-1)).toMatchObject({
      roomId,
      actorId: moderator.id,
      targetUserId: member.id,
      targetMessageId: "",
      action: "kick",
      reason: "out",
    });
    const { sanctions, nextPageToken } = await moderator.chat.listSanctions({ roomId, pageSize: 1 });
    expect(sanctions).toMatchObject([{ userId: cast.banned.id, kind: SanctionKind.BAN }]);
    const rest = await moderator.chat.listSanctions({ roomId, pageSize: 1, pageToken: nextPageToken });
    expect(rest.sanctions).toMatchObject([{ userId: cast.muted.id, kind: SanctionKind.MUTE }]);
    expect(rest.nextPageToken).toBe("");
  });
});

describe("what was logged", () => {
  it.each(["chat_moderation_log", "auth_audit"] as const)(
    "stays in %s, whoever writes to the database",
    async (table) => {
      const roomId = await roomOf(cast);
      await cast.owner.chat.kickUser({ roomId, userId: cast.other.id, reason: "spam" });
      await cast.root.auth.setUserActive({ userId: cast.stranger.id, isActive: false });
      await cast.root.auth.setUserActive({ userId: cast.stranger.id, isActive: true });
      const database = app.app.platform.database.withTables<ChatTables & AuthTables>("");
      const rows = () => database.read.selectFrom(table).selectAll().orderBy("actor_id").execute();
      const before = await rows();
      expect(before.length).toBeGreaterThan(1);
      await expect(database.write((tx) => tx.updateTable(table).set({ actor_id: 0 }).execute())).rejects.toThrow(
        "never changed",
      );
      await expect(database.write((tx) => tx.deleteFrom(table).execute())).rejects.toThrow("never changed");
      expect(await rows()).toEqual(before);
    },
  );
});
