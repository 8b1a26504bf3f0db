import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { tablesHolding } from "../kit/databases.ts";
import { type Person, person } from "../kit/people.ts";
import { randomOf } from "../kit/random.ts";
import { type Cast, castOf, reasonOf, roomOf, say } from "./chat-kit.ts";

let app: TestApp;
let cast: Cast;

beforeAll(async () => {
  app = await startApp();
  cast = await castOf(app);
});
afterAll(async () => {
  await app?.[Symbol.asyncDispose]();
});

const found = async (who: Person, query: string, roomId?: string) =>
  (await who.chat.searchMessages({ query, ...(roomId && { roomId }) })).messages.map(({ content }) => content);

describe("what is found", () => {
  test("all words, in any order, case and accents aside, the last one as far as it is written; the newest first", async () => {
    const { owner, member } = cast;
    const roomId = await roomOf(cast);
    const said = [
      "The Theremin solo",
      "theremin again",
      "A solo for Théremín!",
      "Ångström über alles",
      "ｆｕｌｌ width",
    ];
    for (const content of said) await say(owner, roomId, content);
    const [solo, again, accents, units, wide] = said;
    expect(await found(member, "theremin", roomId)).toEqual([accents, again, solo]);
    expect(await found(member, "SOLO theremin", roomId)).toEqual([accents, solo]);
    expect(await found(member, "solo ther", roomId)).toEqual([accents, solo]);
    expect(await found(member, "there solo", roomId)).toEqual([]);
    expect(await found(member, "t", roomId)).toEqual([accents, again, solo]);
    expect(await found(member, "angstrom UBER", roomId)).toEqual([units]);
    expect(await found(member, "full", roomId)).toEqual([wide]);
  });

  test("words of other scripts", async () => {
    const { owner, member } = cast;
    const roomId = await roomOf(cast);
    const said = ["नमस्ते दुनिया", "Привет, мир", "مرحبا بالعالم", "안녕하세요 여러분"];
    for (const content of said) await say(owner, roomId, content);
    expect(await found(member, "दुनिया", roomId)).toEqual([said[0]]);
    expect(await found(member, "ПРИВЕТ", roomId)).toEqual([said[1]]);
    expect(await found(member, "مرحبا", roomId)).toEqual([said[2]]);
    expect(await found(member, "안녕", roomId)).toEqual([said[3]]);
  });

  test("words inside of sentences that have no space in them", async () => {
    const { owner, member } = cast;
    const roomId = await roomOf(cast);
    const said = [
      "今日は東京都に行きます",
      "東京と京都は遠い",
      "我喜欢听音乐",
      "ฉันชอบฟังเพลงไทย",
      "ｶﾗｵｹ大好き！",
      "iPhone手机壳 new",
    ];
    for (const content of said) await say(owner, roomId, content);
    const [tokyo, both, music, thai, karaoke, phone] = said;
    expect(await found(member, "東京", roomId)).toEqual([both, tokyo]);
    // Both pairs of letters stand in the other one as well.
    expect(await found(member, "東京都", roomId)).toEqual([tokyo]);
    expect(await found(member, "行きます", roomId)).toEqual([tokyo]);
    expect(await found(member, "遠い 京都", roomId)).toEqual([both]);
    expect(await found(member, "い", roomId)).toEqual([both]);
    expect(await found(member, "い 東", roomId)).toEqual([both]);
    expect(await found(member, "听音乐", roomId)).toEqual([music]);
    expect(await found(member, "音樂", roomId)).toEqual([]);
    expect(await found(member, "เพลง", roomId)).toEqual([thai]);
    expect(await found(member, "カラオケ", roomId)).toEqual([karaoke]);
    expect(await found(member, "手机", roomId)).toEqual([phone]);
    expect(await found(member, "iphone手机", roomId)).toEqual([phone]);
    expect(await found(member, "手机壳 ne", roomId)).toEqual([phone]);
    expect(await found(member, "phone", roomId)).toEqual([]);
  });

  test("nothing in the query is an operator", async () => {
    const { owner, member } = cast;
    const roomId = await roomOf(cast);
    await say(owner, roomId, "rock and roll, or not");
    await say(owner, roomId, "don't say content:rock");
    for (const query of [
      '"',
      "*",
      "(",
      "rock AND",
      "NOT",
      "NEAR(rock",
      "content:*",
      "-rock",
      "^rock",
      "a OR b",
      "\\",
      "'",
      "{",
      "+",
      "🎵",
    ]) {
      expect(await reasonOf(member.chat.searchMessages({ query, roomId })), query).toBe("ok");
    }
    expect(await found(member, "rock OR nothing", roomId)).toEqual([]);
    expect(await found(member, "rock AND roll", roomId)).toEqual(["rock and roll, or not"]);
    expect(await found(member, "-rock", roomId)).toHaveLength(2);
    expect(await found(member, "don't", roomId)).toEqual(["don't say content:rock"]);
    expect(await found(member, "room", roomId)).toEqual([]);
    expect(await found(member, roomId, roomId)).toEqual([]);
    expect(await found(member, roomId.replaceAll("-", ""), roomId)).toEqual([]);
    expect(await found(member, '"!?"', roomId)).toEqual([]);
  });

  test("a word as long as a message", async () => {
    const { owner, member } = cast;
    const roomId = await roomOf(cast);
    const long = "ラ".repeat(3990);
    await say(owner, roomId, long);
    expect(await found(member, "ラ".repeat(150), roomId)).toEqual([long]);
  });

  test("edited and deleted words leave at once, and stand nowhere", async () => {
    const { owner, member } = cast;
    const roomId = await roomOf(cast);
    const { id: messageId } = await say(owner, roomId, "a quokkafirst");
    expect(await found(member, "quokkafirst")).toHaveLength(1);
    await owner.chat.editMessage({ messageId, content: "a quokkasecond" });
    expect(await found(member, "quokkafirst")).toEqual([]);
    expect(await found(member, "quokkasecond")).toHaveLength(1);
    await owner.chat.deleteMessage({ messageId });
    expect(await found(member, "quokkasecond")).toEqual([]);
    expect(await tablesHolding(app.app.platform.database, "quokka")).toEqual([]);
  });
});

describe("where it is found", () => {
  test("only in rooms that the caller may read", async () => {
    const { root, owner, member, banned, stranger } = cast;
    const open = await roomOf(cast);
    const closed = await roomOf(cast, RoomType.PRIVATE);
    await say(owner, open, "wombat outside");
    await say(owner, closed, "wombat inside");
    await owner.chat.sendDirectMessage({ recipientId: member.id, content: "wombat between us" });
    expect(await found(member, "wombat")).toEqual(["wombat between us", "wombat inside", "wombat outside"]);
    expect(await found(stranger, "wombat")).toEqual(["wombat outside"]);
    expect(await found(banned, "wombat")).toEqual([]);
    // Whom an administrator may moderate, they may read; direct conversations are nobody else's.
    expect(await found(root, "wombat")).toEqual(["wombat inside", "wombat outside"]);
    expect(await reasonOf(stranger.chat.searchMessages({ query: "wombat", roomId: closed }))).toBe("ROOM_NOT_FOUND");
    expect(await reasonOf(banned.chat.searchMessages({ query: "wombat", roomId: open }))).toBe("BANNED");
    await owner.chat.banUser({ roomId: closed, userId: member.id });
    expect(await found(member, "wombat")).toEqual(["wombat between us", "wombat outside"]);
  });

  test("a page tells nobody where it ends, and nobody but the service can make one", async () => {
    const { owner, stranger } = cast;
    const open = await roomOf(cast);
    for (let n = 0; n < 3; n++) await say(owner, open, "potoroo outside");
    const pageAt = (pageToken: string, query = "potoroo") =>
      stranger.chat.searchMessages({ query, pageSize: 1, pageToken });
    const { nextPageToken: token } = await pageAt("");
    const again = (await pageAt("")).nextPageToken;
    // The same place, and not a byte that says so.
    expect(again).toHaveLength(token.length);
    expect(again).not.toBe(token);
    expect((await pageAt(token)).messages).toEqual((await pageAt(again)).messages);
    expect(await reasonOf(pageAt(token, "outside potoroo"))).toBe("INVALID_PAGE_TOKEN");
    for (let at = 0; at < token.length; at += 7) {
      const altered = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
      expect(await reasonOf(pageAt(altered)), altered).toBe("INVALID_PAGE_TOKEN");
    }
    for (const other of ["A", token.slice(1), `${token}AAAA`]) {
      expect(await reasonOf(pageAt(other)), other).toBe("INVALID_PAGE_TOKEN");
    }
  });

  test("what an erased account said is found, without the account", async () => {
    const gone = await person(app, "search-gone");
    const roomId = await roomOf(cast);
    await gone.chat.joinRoom({ roomId });
    await say(gone, roomId, "numbat remains");
    await gone.auth.deleteAccount({ password: gone.password });
    await expect
      .poll(async () => (await cast.owner.chat.searchMessages({ query: "numbat" })).messages[0])
      .toMatchObject({ senderId: "0", senderUsername: "", content: "numbat remains" });
  });

  test("page by page, while others go on talking and what was found is deleted", async () => {
    const { owner, member } = cast;
    const roomId = await roomOf(cast);
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) ids.push((await say(owner, roomId, `bilby ${n}`)).id);
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await member.chat.searchMessages({ query: "bilby", roomId, pageSize: 2, pageToken });
      expect(page.messages.length).toBeGreaterThan(0);
      seen.push(...page.messages.map(({ content }) => content));
      pageToken = page.nextPageToken;
      await say(owner, roomId, "another bilby");
      if (seen.length === 2) await owner.chat.deleteMessage({ messageId: ids[5] ?? "" });
      if (seen.length === 4) await owner.chat.deleteMessage({ messageId: ids[1] ?? "" });
    } while (pageToken !== "");
    expect(seen).toEqual(["bilby 6", "bilby 5", "bilby 4", "bilby 3", "bilby 2", "bilby 0"]);
    const { nextPageToken } = await member.chat.searchMessages({ query: "bilby", roomId, pageSize: 1 });
    const elsewhere = member.chat.searchMessages({ query: "numbat", roomId, pageToken: nextPageToken });
    expect(await reasonOf(elsewhere)).toBe("INVALID_PAGE_TOKEN");
  });
});

test.each([1, 2, 3])("finds what reading everything would find, seed %i", async (seed) => {
  const random = randomOf(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const words = ["tune", "tunes", "beat", "bea", "drum", "Drümmer", "keys"].map((word) => `${word}s${seed}`);
  const rooms = [await roomOf(cast), await roomOf(cast, RoomType.PRIVATE)];
  const said: { id: string; roomId: string; content: string }[] = [];
  const sentence = () => Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(words)).join(" ");
  for (let n = 0; n < 60; n++) {
    const one = pick(said);
    const what = random();
    if (one === undefined || what < 0.6) {
      const { id, roomId, content } = await say(cast.member, pick(rooms), sentence());
      said.push({ id, roomId, content });
    } else if (what < 0.8) {
      one.content = sentence();
      await cast.member.chat.editMessage({ messageId: one.id, content: one.content });
    } else {
      said.splice(said.indexOf(one), 1);
      await cast.member.chat.deleteMessage({ messageId: one.id });
    }
  }
  const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().split(" ");
  for (let n = 0; n < 20; n++) {
    const asked = sentence()
      .slice(0, 5 + Math.floor(random() * 20))
      .trim();
    const last = plain(asked).at(-1) ?? "";
    const whole = plain(asked).slice(0, -1);
    const fits = ({ content }: { content: string }) =>
      whole.every((word) => plain(content).includes(word)) && plain(content).some((word) => word.startsWith(last));
    const expected = said.filter(fits).reverse();
    const { messages } = await cast.other.chat.searchMessages({ query: asked, pageSize: 200 });
    const ofThis = messages.filter(({ roomId }) => rooms.includes(roomId));
    expect(
      ofThis.map(({ id }) => id),
      asked,
    ).toEqual(expected.map(({ id }) => id));
    expect(await found(cast.other, asked, rooms[1])).toEqual(
      expected.filter(({ roomId }) => roomId === rooms[1]).map(({ content }) => content),
    );
  }
});
