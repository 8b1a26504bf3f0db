import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { UnreadCount } from "#gen/veza/chat/v1/room_pb.ts";
import { MemberRole, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { limits } from "#src/platform/limits.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { tablesHolding } from "../kit/databases.ts";
import { type Person, person } from "../kit/people.ts";
import { randomOf } from "../kit/random.ts";
import { type Cast, castOf, reasonOf, roomOf, say } from "./chat-kit.ts";

let app: TestApp;
let cast: Cast;
let people = 0;

beforeAll(async () => {
  app = await startApp();
  cast = await castOf(app);
});
afterAll(async () => {
  await app?.[Symbol.asyncDispose]();
});

const somebody = (name: string) => person(app, `${name}${++people}`);

async function unreadIn(who: Person, roomId: string) {
  const { counts } = await who.chat.getUnreadCounts({});
  const line = counts.find((each) => each.roomId === roomId);
  return line && { unread: line.unread, mentions: line.mentions, lastRead: Number(line.lastReadSequence) };
}
const read = (who: Person, roomId: string, sequence: number | bigint) =>
  who.chat.markRead({ roomId, sequence: BigInt(sequence) });

describe("mentions", () => {
  const mentionsOf = (message: { mentions: { username: string }[] } | undefined) =>
    message?.mentions.map(({ username }) => username);

  test("members by their names, in whatever case, once each, in the order in which they are named", async () => {
    const { owner, moderator, member, other } = cast;
    const roomId = await roomOf(cast);
    const message = await say(
      owner,
      roomId,
      "hi @Member, ask (@moderator). @MEMBER @stranger @nobody x@other.org @@other",
    );
    expect(message.mentions).toMatchObject([
      { userId: member.id, username: "member" },
      { userId: moderator.id, username: "moderator" },
    ]);
    expect(mentionsOf(await say(owner, roomId, "@other-- and @other's, @other…"))).toEqual(["other"]);
    expect(mentionsOf(await say(other, roomId, "I am @other"))).toEqual([]);
    expect(mentionsOf(await say(owner, roomId, "other, without a sign"))).toEqual([]);
    const { messages } = await member.chat.getMessageHistory({ roomId });
    expect(messages.map(mentionsOf).reverse()).toEqual([["member", "moderator"], ["other"], [], []]);
  });

  test("names with points in them, the longest that is a member", async () => {
    const dotted = await somebody("ann.");
    const roomId = await roomOf(cast);
    await dotted.chat.joinRoom({ roomId });
    expect(mentionsOf(await say(cast.owner, roomId, `ask @${dotted.username}.`))).toEqual([dotted.username]);
  });

  test("an edit mentions anew, also by a moderator; who left stays mentioned while the name stands there", async () => {
    const { owner, moderator, member, other } = cast;
    const roomId = await roomOf(cast);
    const { id: messageId, sequence } = await say(owner, roomId, "@member @other");
    expect(await unreadIn(member, roomId)).toMatchObject({ unread: 1, mentions: 1 });
    await other.chat.leaveRoom({ roomId });
    const { message } = await owner.chat.editMessage({ messageId, content: "@other @moderator" });
    expect(mentionsOf(message)).toEqual(["other", "moderator"]);
    expect(await unreadIn(member, roomId)).toMatchObject({ unread: 1, mentions: 0 });
    expect(await unreadIn(moderator, roomId)).toMatchObject({ unread: 1, mentions: 1 });
    // Who has read so far is not called back.
    await read(member, roomId, sequence);
    await owner.chat.editMessage({ messageId, content: "@member" });
    expect(await unreadIn(member, roomId)).toMatchObject({ unread: 0, mentions: 0 });
    expect(await unreadIn(moderator, roomId)).toMatchObject({ unread: 1, mentions: 0 });
  });

  test("no more than a message can mean", async () => {
    const roomId = await roomOf(cast);
    const names = Array.from({ length: limits.chat.mentionsPerMessage }, (_, n) => `@n${n}`).join(" ");
    expect(mentionsOf(await say(cast.owner, roomId, `${names} @member`))).toEqual([]);
  });

  test("an erased account is mentioned nowhere", async () => {
    const gone = await somebody("mentioned");
    const roomId = await roomOf(cast);
    await gone.chat.joinRoom({ roomId });
    const { id: messageId } = await say(cast.owner, roomId, `@${gone.username} @member`);
    await cast.owner.chat.editMessage({ messageId, content: `@${gone.username} @member!` });
    await cast.owner.chat.editMessage({ messageId, content: "names removed" });
    const { id: kept } = await say(cast.owner, roomId, `@member @${gone.username}`);
    await gone.auth.deleteAccount({ password: gone.password });
    await expect
      .poll(async () => {
        const { messages } = await cast.member.chat.getMessageHistory({ roomId });
        return mentionsOf(messages.find(({ id }) => id === kept));
      })
      .toEqual(["member"]);
    // What others said stays said; the name stands nowhere else.
    await cast.owner.chat.deleteMessage({ messageId });
    await cast.owner.chat.deleteMessage({ messageId: kept });
    await vi.waitFor(
      async () => {
        const tables = await tablesHolding(app.app.platform.database, gone.username);
        expect(tables.filter((table) => table.startsWith("chat_"))).toEqual([]);
      },
      { timeout: 10_000 },
    );
  });
});

describe("what is unread", () => {
  test("begins with joining, and counts what others say", async () => {
    const { owner, member } = cast;
    const roomId = await roomOf(cast);
    await say(owner, roomId, "before");
    const late = await somebody("late");
    await late.chat.joinRoom({ roomId });
    expect(await unreadIn(late, roomId)).toMatchObject({ unread: 0, mentions: 0 });
    await say(owner, roomId, "after");
    await say(late, roomId, "mine");
    expect(await unreadIn(late, roomId)).toMatchObject({ unread: 1 });
    expect(await unreadIn(member, roomId)).toMatchObject({ unread: 3 });
    // Joining, roles and topics are no messages.
    await owner.chat.updateRoom({ roomId, topic: "news" });
    expect(await unreadIn(late, roomId)).toMatchObject({ unread: 1 });
  });

  test("marking goes forwards only, and not beyond the head", async () => {
    const { owner, member } = cast;
    const roomId = await roomOf(cast);
    const one = await say(owner, roomId, "one");
    const two = await say(owner, roomId, "two");
    await read(member, roomId, two.sequence);
    await read(member, roomId, one.sequence);
    expect(await unreadIn(member, roomId)).toEqual({ unread: 0, mentions: 0, lastRead: Number(two.sequence) });
    await read(member, roomId, 1e9);
    const three = await say(owner, roomId, "three");
    expect(await unreadIn(member, roomId)).toEqual({ unread: 1, mentions: 0, lastRead: Number(two.sequence) });
    expect(three.sequence).toBe(two.sequence + 1n);
  });

  test("only members have read anything; who is muted, or in an archived room, may say so", async () => {
    const { root, owner, member, muted, banned, stranger } = cast;
    const roomId = await roomOf(cast);
    const closed = await roomOf(cast, RoomType.PRIVATE);
    const { sequence } = await say(owner, roomId, "hello");
    const reason = (who: Person, room: string) => reasonOf(who.chat.markRead({ roomId: room, sequence }));
    expect(await reason(muted, roomId)).toBe("ok");
    expect(await reason(stranger, roomId)).toBe("NOT_A_MEMBER");
    expect(await reason(root, roomId)).toBe("NOT_A_MEMBER");
    expect(await reason(banned, roomId)).toBe("BANNED");
    expect(await reason(stranger, closed)).toBe("ROOM_NOT_FOUND");
    await owner.chat.archiveRoom({ roomId });
    expect(await reason(member, roomId)).toBe("ok");
    expect(await unreadIn(stranger, roomId)).toBeUndefined();
  });

  test("of a conversation is the same in the list of conversations", async () => {
    const [ann, bob] = await Promise.all([somebody("ann"), somebody("bob")]);
    const tell = (from: Person, to: Person, content: string) =>
      from.chat.sendDirectMessage({ recipientId: to.id, content });
    const { message } = await tell(ann, bob, "one");
    await tell(ann, bob, `two @${bob.username}`);
    await tell(bob, ann, "answer");
    const roomId = message?.roomId ?? "";
    const listed = async (who: Person) => (await who.chat.listConversations({})).conversations[0]?.unread;
    expect(await unreadIn(bob, roomId)).toMatchObject({ unread: 2, mentions: 1 });
    expect(await listed(bob)).toBe(2);
    expect(await listed(ann)).toBe(1);
    await read(bob, roomId, message?.sequence ?? 0);
    expect(await listed(bob)).toBe(1);
    await ann.chat.deleteMessage({ messageId: (await tell(ann, bob, "three")).message?.id ?? "" });
    expect(await listed(bob)).toBe(1);
  });

  test("is told to the caller's other streams, and to nobody else's", async () => {
    const { owner, member, other } = cast;
    const roomId = await roomOf(cast);
    const { sequence } = await say(owner, roomId, "hello");
    await say(owner, roomId, "@member more");
    const stop = new AbortController();
    const heard = new Map<Person, UnreadCount[]>();
    const streams = [member, other].map(async (who) => {
      const attached = Promise.withResolvers<void>();
      const counts: UnreadCount[] = [];
      heard.set(who, counts);
      void (async () => {
        try {
          for await (const { frame } of who.chat.subscribeToChatEvents(
            { roomIds: [roomId] },
            { signal: stop.signal },
          )) {
            if (frame.case === "caughtUp") attached.resolve();
            if (frame.case === "signal" && frame.value.payload.case === "unread")
              counts.push(frame.value.payload.value);
          }
        } catch (error) {
          attached.reject(error as Error);
        }
      })();
      await attached.promise;
    });
    await Promise.all(streams);
    await read(member, roomId, sequence);
    await expect.poll(() => heard.get(member)?.length).toBe(1);
    expect(heard.get(member)?.[0]).toMatchObject({ roomId, unread: 1, mentions: 1, lastReadSequence: sequence });
    expect(heard.get(other)).toEqual([]);
    stop.abort();
  });
});

/**
 * People talk, edit, delete, come, go and read in an order that a seed picks. What is unread has to be what counting all
 * messages of others after the last one read would give.
 */
test.each([1, 2, 3, 4])("is what counting everything would give, seed %i", async (seed) => {
  const random = randomOf(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const here = await Promise.all(["kim", "lea", "max"].map(somebody));
  const [owner] = here as [Person];
  const { room } = await owner.chat.createRoom({ name: "counted" });
  const roomId = room?.id ?? "";
  const lastRead = new Map<Person, number>();
  async function join(who: Person) {
    await who.chat.joinRoom({ roomId });
    lastRead.set(who, (await unreadIn(who, roomId))?.lastRead ?? 0);
  }
  for (const who of here) await join(who);
  for (const who of here.slice(1))
    await owner.chat.setMemberRole({ roomId, userId: who.id, role: MemberRole.MODERATOR });

  const all = async () => (await owner.chat.getMessageHistory({ roomId, limit: 200 })).messages;
  const sentence = () => `word ${random() < 0.5 ? `@${pick(here).username}` : ""} ${random()}`;
  const acts: (() => Promise<unknown>)[] = [
    () => pick(here).chat.sendMessage({ roomId, content: sentence() }),
    () => pick(here).chat.sendMessage({ roomId, content: sentence() }),
    async () => {
      const message = pick(await all());
      const sender = here.find(({ id }) => id === message?.senderId);
      if (message && !message.isDeleted) await sender?.chat.editMessage({ messageId: message.id, content: sentence() });
    },
    async () => {
      const message = pick(await all());
      if (message && random() < 0.5) await owner.chat.deleteMessage({ messageId: message.id });
    },
    async () => {
      const who = pick(here);
      const head = Number((await owner.chat.getRoomInfo({ roomId })).room?.headSequence ?? 0n);
      const sequence = random() < 0.3 ? head : Math.floor(random() * (head + 2));
      if ((await reasonOf(read(who, roomId, sequence))) !== "ok") return;
      lastRead.set(who, Math.max(lastRead.get(who) ?? 0, Math.min(sequence, head)));
    },
    async () => {
      const who = pick(here.slice(1));
      if (random() < 0.5) return;
      await who.chat.leaveRoom({ roomId });
      if (random() < 0.5)
        await pick(here)
          .chat.sendMessage({ roomId, content: sentence() })
          .catch(() => {});
      await join(who);
    },
  ];
  for (let n = 0; n < 60; n++) {
    await reasonOf(pick(acts)());
    if (n % 4 !== 0) continue;
    const messages = await all();
    for (const who of here) {
      const last = lastRead.get(who) ?? 0;
      const waiting = messages.filter(
        (message) => Number(message.sequence) > last && message.senderId !== who.id && !message.isDeleted,
      );
      expect(await unreadIn(who, roomId), `${who.username} after ${n} acts`).toEqual({
        unread: waiting.length,
        mentions: waiting.filter(({ mentions }) => mentions.some(({ userId }) => userId === who.id)).length,
        lastRead: last,
      });
    }
  }
});
