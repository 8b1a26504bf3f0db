import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Presence, PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { AuthTables } from "#src/auth/tables.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { type Person, person } from "../kit/people.ts";

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
function open(who: Person) {
  const stop = new AbortController();
  const told: Presence[] = [];
  const attached = Promise.withResolvers<void>();
  const over = (async () => {
    try {
      for await (const { frame } of who.chat.subscribeToChatEvents({}, { signal: stop.signal })) {
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
