import { sql } from "kysely";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { stretchBits } from "#src/chat/store/search-index.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { chanceOf } from "../kit/random.ts";
import { type Cast, castOf, roomOf, say } from "./chat-kit.ts";

// Each call looks twice, through a stretch and through two, and at two hits when some are hidden: pages end everywhere.
vi.mock(import("../../src/platform/limits.ts"), async (original) => {
  const { limits } = await original();
  const chat = {
    ...limits.chat,
    searchLooks: 2,
    searchMs: 0,
    searchOnMs: 0,
    searchStretchesAtOnce: 2,
    searchHitsAtOnce: 2,
  };
  return { limits: { ...limits, chat } as unknown as typeof limits };
});

let app: TestApp;
let cast: Cast;

beforeAll(async () => {
  app = await startApp();
  cast = await castOf(app);
});
afterAll(async () => {
  await app?.[Symbol.asyncDispose]();
});

/** Gives the next message a number that is so much higher, as though as many had been sent in between. */
async function skipNumbers(count: number): Promise<void> {
  const { database } = app.app.platform;
  await database.write(async (tx) => {
    if (database.dialect === "sqlite") {
      await sql`UPDATE sqlite_sequence SET seq = seq + ${count} WHERE name = 'chat_search_documents'`.execute(tx);
    } else {
      const sequence = sql`pg_get_serial_sequence('chat_search_words', 'number')`;
      await sql`SELECT setval(${sequence}, nextval(${sequence}) + CAST(${count} AS bigint))`.execute(tx);
    }
  });
}

interface Said {
  readonly id: string;
  readonly roomId: string;
  content: string;
}

const words = ["tune", "beat", "bea", "drum", "東京", "京都"];
/** Of all seeds. */
const closedRooms = new Set<string>();

/** Whether the text holds the words as whole ones, the last as the beginning of one. */
function holds(text: string, asked: string): boolean {
  const all = asked.split(" ");
  const last = all.pop() ?? "";
  const held = text.split(" ");
  return all.every((word) => held.includes(word)) && held.some((word) => word.startsWith(last));
}

test.each([1, 2, 3])("each page brings what is older, once, while others talk, seed %i", async (seed) => {
  const chance = chanceOf(seed);
  const open = await roomOf(cast);
  const closed = await roomOf(cast, RoomType.PRIVATE);
  closedRooms.add(closed);
  const sentence = () => Array.from({ length: 1 + chance.below(4) }, () => chance.one(words)).join(" ");
  const said: Said[] = [];

  async function change(): Promise<void> {
    const what = chance.below(10);
    const one = chance.one(said);
    if (one === undefined || what < 5) {
      if (chance.below(4) === 0) await skipNumbers(chance.below(4 * 2 ** stretchBits));
      const { id, roomId, content } = await say(cast.member, chance.one([open, closed]), sentence());
      said.push({ id, roomId, content });
    } else if (what < 8) {
      one.content = sentence();
      await cast.member.chat.editMessage({ messageId: one.id, content: one.content });
    } else {
      said.splice(said.indexOf(one), 1);
      await cast.member.chat.deleteMessage({ messageId: one.id });
    }
  }
  for (let n = 0; n < 50; n++) await change();

  let pages = 0;
  for (let n = 0; n < 6; n++) {
    const asked = chance.one([chance.one(words), `${chance.one(words)} ${chance.one(words).slice(0, 2)}`]);
    const who = chance.one([cast.other, cast.stranger]);
    const rooms = who === cast.other ? [open, closed] : [open];
    const roomId = chance.one([undefined, ...rooms]);
    const isAskedFor = (each: Said) => rooms.includes(each.roomId) && (roomId ?? each.roomId) === each.roomId;
    // What fits from the first page to the last has to be found.
    let fitting = said.filter((each) => isAskedFor(each) && holds(each.content, asked)).map(({ id }) => id);
    const found: string[] = [];
    for (let pageToken = "", more = true; more; more = pageToken !== "") {
      const where = roomId === undefined ? {} : { roomId };
      const page = await who.chat.searchMessages({ query: asked, pageSize: 1 + chance.below(3), pageToken, ...where });
      pageToken = page.nextPageToken;
      pages += 1;
      if (who === cast.stranger) expect(page.messages.some((each) => closedRooms.has(each.roomId))).toBe(false);
      for (const message of page.messages.filter((each) => [open, closed].includes(each.roomId))) {
        expect(said.find(({ id }) => id === message.id)?.content).toBe(message.content);
        expect(holds(message.content, asked), `${message.content} for ${asked}`).toBe(true);
        found.push(message.id);
      }
      if (chance.below(2) === 0) await change();
      fitting = fitting.filter((id) => said.some((each) => each.id === id && holds(each.content, asked)));
    }
    expect(fitting.filter((id) => !found.includes(id))).toEqual([]);
    expect(new Set(found).size).toBe(found.length);
    const places = found.map((id) => said.findIndex((each) => each.id === id)).filter((place) => place !== -1);
    expect(places, asked).toEqual(places.toSorted((one, other) => other - one));
  }
  expect(pages).toBeGreaterThan(12);
});
