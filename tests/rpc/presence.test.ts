import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Presence, PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { AuthTables } from "#src/auth/tables.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { type Person, person } from "../kit/people.ts";
import { type Cast, roomOf } from "./chat-kit.ts";

const patience = { timeout: 20_000, interval: 50 };
let app: TestApp;
let [ada, bob, eve]: Person[] = [];
let roomId: string;

beforeAll(async () => {
  app = await startApp();
  [ada, bob, eve] = [await person(app, "ada"), await person(app, "bob"), await person(app, "eve")];
  roomId = (await people().ada.chat.createRoom({ name: "a room" })).room?.id ?? "";
  await people().bob.chat.joinRoom({ roomId });
});
afterAll(() => app[Symbol.asyncDispose]());

function people() {
  if (ada === undefined || bob === undefined || eve === undefined) throw new Error("nobody is there yet");
  return { ada, bob, eve };
}

/** An open stream of events, and the presence that it tells of. */
function open(who: Person, roomIds: string[] = []) {
  const stop = new AbortController();
  const told: Presence[] = [];
  const attached = Promise.withResolvers<void>();
  const over = (async () => {
    try {
      for await (const { frame } of who.chat.subscribeToChatEvents({ roomIds }, { signal: stop.signal })) {
        if (frame.case === "hello") attached.resolve();
        if (frame.case === "signal" && frame.value.payload.case === "presence") told.push(frame.value.payload.value);
      }
    } catch {
      // Ended by this test.
    }
  })();
  return {
    attached: attached.promise,
    told,
    async close() {
      stop.abort();
      await over;
    },
  };
}
const presenceOf = async (asking: Person, user: Person) =>
  (await asking.chat.getPresence({ userIds: [user.id] })).presences[0];
const statusOf = async (asking: Person, user: Person) => (await presenceOf(asking, user))?.status;
const onlineCount = async () => (await people().ada.chat.getRoomInfo({ roomId })).room?.onlineCount;
const heard = (told: readonly Presence[], user: Person) =>
  told.filter(({ userId }) => userId === user.id).map(({ status, statusText }) => [status, statusText]);
const { ONLINE, AWAY, BUSY, OFFLINE } = PresenceStatus;

describe("who is there", () => {
  test("is seen by those who share a room, and told once, however many streams and reconnects", async () => {
    const { ada, bob, eve } = people();
    const watching = open(ada);
    await watching.attached;
    await expect.poll(onlineCount, patience).toBe(1);
    const first = open(bob);
    await first.attached;
    await expect.poll(() => statusOf(ada, bob), patience).toBe(ONLINE);
    const second = open(bob);
    await second.attached;
    await first.close();
    await second.close();
    const back = open(bob);
    await back.attached;
    expect(await onlineCount()).toBe(2);
    expect((await ada.chat.getRoomStats({ roomId })).stats?.onlineMembers).toBe(2);
    const { members } = await ada.chat.listMembers({ roomId });
    expect(members.map(({ isOnline }) => isOnline)).toEqual([true, true]);
    expect(await presenceOf(eve, bob)).toBeUndefined();
    expect((await ada.chat.getPresence({ userIds: [bob.id, eve.id, bob.id, "999999"] })).presences).toHaveLength(1);

    await back.close();
    await expect.poll(() => statusOf(ada, bob), patience).toBe(OFFLINE);
    expect((await presenceOf(ada, bob))?.lastSeenAt).toBeDefined();
    expect(await onlineCount()).toBe(1);
    expect(heard(watching.told, bob)).toEqual([
      [ONLINE, ""],
      [OFFLINE, ""],
    ]);
    await watching.close();
  });

  test("says how, in a few words, and others hear of it", async () => {
    const { ada, bob } = people();
    const watching = open(ada);
    await watching.attached;
    const { presence } = await bob.chat.setStatus({ status: BUSY, statusText: "rehearsing" });
    expect(presence).toMatchObject({ userId: bob.id, username: "bob", status: BUSY, statusText: "rehearsing" });
    expect(await presenceOf(ada, bob)).toMatchObject({ status: OFFLINE, statusText: "" });
    const there = open(bob);
    await there.attached;
    await expect.poll(() => heard(watching.told, bob), patience).toEqual([[BUSY, "rehearsing"]]);
    await bob.chat.setStatus({ status: AWAY });
    await expect.poll(() => heard(watching.told, bob).at(-1), patience).toEqual([AWAY, ""]);
    const { activity } = await ada.chat.getUserActivity({ userId: bob.id });
    expect(activity).toMatchObject({ isOnline: true, currentStatus: AWAY });
    await Promise.all([there.close(), watching.close()]);
  });

  test("or is not seen at all, anywhere", async () => {
    const { ada, bob } = people();
    await bob.chat.setStatus({ status: ONLINE });
    const watching = open(ada);
    const there = open(bob);
    await Promise.all([watching.attached, there.attached]);
    await expect.poll(onlineCount, patience).toBe(2);
    await bob.chat.setStatus({ status: OFFLINE, statusText: "hidden words" });
    await expect.poll(() => heard(watching.told, bob).at(-1), patience).toEqual([OFFLINE, ""]);
    const seen = async () => {
      const { members } = await ada.chat.listMembers({ roomId });
      const { activity } = await ada.chat.getUserActivity({ userId: bob.id });
      const { stats } = await ada.chat.getRoomStats({ roomId });
      return [
        await statusOf(ada, bob),
        (await presenceOf(ada, bob))?.statusText,
        await onlineCount(),
        stats?.onlineMembers,
        members.find(({ userId }) => userId === bob.id)?.isOnline,
        activity?.isOnline,
        activity?.currentStatus,
      ];
    };
    const unseen = [OFFLINE, "", 1, 1, false, false, OFFLINE];
    expect(await seen()).toEqual(unseen);
    const before = (await presenceOf(ada, bob))?.lastSeenAt;

    const another = open(bob);
    await another.attached;
    await there.close();
    await another.close();
    const count = watching.told.length;
    const alsoThere = open(bob);
    await alsoThere.attached;
    // Somebody who is seen comes after who is not: had bob been told of, it would have been before.
    const { eve } = people();
    await eve.chat.joinRoom({ roomId });
    const comes = open(eve);
    await expect.poll(() => heard(watching.told, eve), patience).toEqual([[ONLINE, ""]]);
    expect(heard(watching.told.slice(count), bob)).toEqual([]);
    await comes.close();
    await expect.poll(seen, patience).toEqual(unseen);
    expect((await presenceOf(ada, bob))?.lastSeenAt).toEqual(before);
    await Promise.all([watching.close(), alsoThere.close()]);
  });

  test("and nothing is kept of who was there when their account was erased", async () => {
    const { ada, bob } = people();
    await bob.chat.setStatus({ status: ONLINE });
    const gone = await person(app, "presence-gone");
    const { database } = app.app.platform;
    const chat = database.withTables<ChatTables>("chat").read;
    const auth = database.withTables<AuthTables>("auth").read;
    const there = open(gone);
    await there.attached;
    await gone.auth.deleteAccount({ password: gone.password });
    await there.close();
    const erased = async () => (await auth.selectFrom("auth_erasures").select("sequence").execute()).length;
    const followed = async () => (await chat.selectFrom("chat_cursors").select("sequence").execute())[0]?.sequence;
    await expect.poll(followed, patience).toBe(await erased());
    // Who leaves later is remembered later.
    const before = (await presenceOf(ada, bob))?.lastSeenAt;
    const later = open(bob);
    await later.attached;
    await expect.poll(() => statusOf(ada, bob), patience).toBe(ONLINE);
    await later.close();
    await expect.poll(async () => (await presenceOf(ada, bob))?.status, patience).toBe(OFFLINE);
    expect((await presenceOf(ada, bob))?.lastSeenAt).not.toEqual(before);
    const kept = chat.selectFrom("chat_statuses").selectAll().where("user_id", "=", Number(gone.id));
    expect(await kept.execute()).toEqual([]);
  });
});

describe("whether somebody is there", () => {
  async function others(): Promise<Cast> {
    const names = ["owner", "moderator", "member", "other", "muted", "banned", "stranger"] as const;
    const cast = await Promise.all(names.map(async (name) => [name, await person(app, name)] as const));
    return { root: people().ada, ...(Object.fromEntries(cast) as Omit<Cast, "root">) };
  }

  /** All that a viewer can find out about a user who is there, by asking. */
  async function asked(viewer: Person, user: Person, roomId: string) {
    const members = await viewer.chat.listMembers({ roomId }).catch(() => undefined);
    const activity = await viewer.chat.getUserActivity({ userId: user.id }).catch(() => undefined);
    const conversations = await viewer.chat.listConversations({});
    return [
      await statusOf(viewer, user),
      members?.members.find(({ userId }) => userId === user.id)?.isOnline,
      activity?.activity?.isOnline,
      activity?.activity?.currentStatus,
      conversations.conversations.find(({ otherUserId }) => otherUserId === user.id)?.isOnline,
    ].filter((found) => found !== undefined);
  }
  const isSeen = (found: unknown) => found === ONLINE || found === true;

  test("is seen by members, and by no stranger, nobody banned and nobody blocked: asking and hearing agree", async () => {
    const cast = await others();
    const roomId = await roomOf(cast);
    const { owner: gone, member, moderator, other: blocked, muted: blocker, banned, stranger } = cast;
    for (const who of [blocked, blocker, member]) {
      await who.chat.sendDirectMessage({ recipientId: gone.id, content: "hello" });
    }
    await gone.chat.blockUser({ userId: blocked.id });
    await blocker.chat.blockUser({ userId: gone.id });
    const seeing = { member, moderator };
    const unseeing = { blocked, blocker, stranger, root: cast.root, banned };
    const viewers = Object.entries({ ...seeing, ...unseeing });
    const streams = viewers.map(([name, who]) => ({ name, who, stream: open(who, name === "banned" ? [] : [roomId]) }));
    await Promise.all(streams.map(({ stream }) => stream.attached));
    // Its coming and going is what others hear of; who hears of it last shows that all have.
    const there = open(gone);
    await there.attached;
    await expect.poll(() => statusOf(member, gone), patience).toBe(ONLINE);
    await gone.chat.setStatus({ status: BUSY });
    const memberStream = streams.find(({ name }) => name === "member")?.stream;
    await expect.poll(() => heard(memberStream?.told ?? [], gone).at(-1), patience).toEqual([BUSY, ""]);
    await gone.chat.setStatus({ status: ONLINE });
    await expect.poll(() => heard(memberStream?.told ?? [], gone).at(-1), patience).toEqual([ONLINE, ""]);

    for (const { name, who, stream } of streams) {
      const found = await asked(who, gone, roomId);
      if (name in seeing) {
        expect([name, found.every(isSeen), found.length > 2]).toEqual([name, true, true]);
        expect([name, heard(stream.told, gone).map(([status]) => status)]).toEqual([name, [ONLINE, BUSY, ONLINE]]);
      } else {
        expect([name, found.filter(isSeen)]).toEqual([name, []]);
        expect([name, heard(stream.told, gone)]).toEqual([name, []]);
      }
    }
    // How many are there, in a room of two, says who is.
    for (const [who, count] of [
      [blocked, 0],
      [member, 1],
    ] as const) {
      const { conversations } = await who.chat.listConversations({});
      const { room } = await who.chat.getRoomInfo({ roomId: conversations[0]?.roomId ?? "" });
      expect(room?.onlineCount).toBe(count);
    }
    await Promise.all([there.close(), ...streams.map(({ stream }) => stream.close())]);
  });

  test("ends to be seen with a block, and is seen again without it, by both", async () => {
    const [one, two] = [await person(app, "blocking"), await person(app, "blocked")];
    const { room } = await one.chat.createRoom({ name: "of both" });
    await two.chat.joinRoom({ roomId: room?.id ?? "" });
    const streams = [open(one), open(two)] as const;
    await Promise.all(streams.map(({ attached }) => attached));
    const last = () => [heard(streams[0].told, two).at(-1)?.[0], heard(streams[1].told, one).at(-1)?.[0]];
    // Who came first has not heard of it, and asks.
    await expect
      .poll(async () => [await statusOf(one, two), await statusOf(two, one)], patience)
      .toEqual([ONLINE, ONLINE]);
    await one.chat.blockUser({ userId: two.id });
    await expect.poll(last, patience).toEqual([OFFLINE, OFFLINE]);
    expect([await presenceOf(one, two), await presenceOf(two, one)]).toEqual([undefined, undefined]);
    await one.chat.unblockUser({ userId: two.id });
    await expect.poll(last, patience).toEqual([ONLINE, ONLINE]);
    expect([await statusOf(one, two), await statusOf(two, one)]).toEqual([ONLINE, ONLINE]);
    await Promise.all(streams.map((stream) => stream.close()));
  });
});
