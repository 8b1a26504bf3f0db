import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  ChatService,
  GetMessageHistoryRequestSchema,
  GetUnreadCountsRequestSchema,
  SearchMessagesRequestSchema,
} from "../gen/veza/chat/v1/chat_service_pb.ts";
import { clientsOf, type Person, person } from "../tests/kit/people.ts";
import { type Child, startChild } from "./kit/child.ts";
import { h2Load } from "./kit/h2-load.ts";
import { deletedOf, messageIdOf, rareWordSaid } from "./kit/history-messages.ts";
import { fillPostgresRoom } from "./kit/history-postgres.ts";
import { fillRoom } from "./kit/history-store.ts";
import { readOptions } from "./kit/options.ts";
import { type MakeDatabase, postgresServer } from "./kit/postgres.ts";
import { atMost, type Row, report } from "./kit/report.ts";
import { alternate, type Contender, type Sample } from "./kit/rounds.ts";
import { quantile } from "./kit/statistics.ts";
import { framed, grpcHeaders } from "./kit/unary-call.ts";

// Reading in rooms with a thousand, a hundred thousand and a million messages, on both databases: the time of one call, one
// at a time, which should not depend on how much was ever said. One app for each size; they take turns.
const options = readOptions();
const sizes = options.quick ? [1e3, 1e5] : [1e3, 1e5, 1e6];
await using servers = new AsyncDisposableStack();
const postgres = await postgresServer(servers);

/** Runs the app once on an empty database, for somebody to register and make a room, and for somebody else to join it. */
async function prepare(env: Record<string, string>): Promise<{ owner: Person; sender: Person; roomId: string }> {
  const child = await startChild("veza", "own-app.ts", env);
  try {
    const owner = await person({ gateway: String(child.ready.gateway) }, "bench0");
    const sender = await person({ gateway: String(child.ready.gateway) }, "bench1");
    const { room } = await owner.chat.createRoom({ name: "bench" });
    const roomId = room?.id ?? "";
    await sender.chat.joinRoom({ roomId });
    return { owner, sender, roomId };
  } finally {
    await child.end();
  }
}

interface Read {
  readonly what: string;
  /** How many times as long it may take in the largest room; undefined for no bar. */
  readonly factor: number | undefined;
  readonly method: string;
  readonly body: Uint8Array;
}

function read<Desc extends DescMessage>(
  what: string,
  factor: number | undefined,
  method: string,
  schema: Desc,
  request: MessageInitShape<Desc>,
): Read {
  return { what, factor, method, body: framed(toBinary(schema, create(schema, request))) };
}

/** What searches look for, and how many messages one call has to find of those that hold it. */
const searches = [
  { what: "search, word in one of 20", query: "theremin", found: 50 },
  { what: "search, common word", query: "melody", found: 50 },
  { what: "search, beginning of a common word", query: "mel", found: 50 },
  { what: "search, two common words", query: "lyric melody", found: 50 },
  // One call looks through so much, then answers with what it has.
  { what: "search, word said ten times, one call", query: "ocarina", found: undefined },
  { what: "search, word never said, one call", query: "bassoon", found: 0 },
  { what: "search, two words that never meet, one call", query: "guitar melody", found: 0 },
] as const;

interface Filled {
  readonly size: number;
  readonly child: Child;
  readonly owner: Person;
  readonly roomId: string;
  /** The number of the first message. */
  readonly first: number;
}

async function fill(size: number, make: MakeDatabase | undefined, stack: AsyncDisposableStack): Promise<Filled> {
  const dataDir = await mkdtemp(join(tmpdir(), "veza-bench-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const url = await make?.(`history_${size}`);
  const env = { BENCH_DATA_DIR: dataDir, ...(url !== undefined && { BENCH_DATABASE_URL: url }) };
  const { owner, sender, roomId } = await prepare(env);
  const filling = { roomId, senderId: sender.id, count: size };
  const first =
    url === undefined ? fillRoom(join(dataDir, "veza.sqlite"), filling) : await fillPostgresRoom(url, filling);
  const child = await startChild(`veza ${size}`, "own-app.ts", env);
  stack.defer(() => child.end());
  return { size, child, owner, roomId, first };
}

async function contendersOf(
  { size, child, owner, roomId, first }: Filled,
  database: string,
  stack: AsyncDisposableStack,
): Promise<Contender[]> {
  const gateway = String(child.ready.gateway);
  // A token lasts for minutes, and so did the filling.
  const { tokens } = await clientsOf(gateway).auth.login({ login: owner.username, password: owner.password });
  const accessToken = tokens?.accessToken ?? "";
  const middle = messageIdOf(first + Math.floor(size / 2));
  const history = GetMessageHistoryRequestSchema;
  const schema = SearchMessagesRequestSchema;
  const reads = [
    read("newest page", 2, "GetMessageHistory", history, { roomId, limit: 50 }),
    read("page before the middle", 2, "GetMessageHistory", history, { roomId, limit: 50, beforeId: middle }),
    read("page after the middle", 2, "GetMessageHistory", history, { roomId, limit: 50, afterId: middle }),
    read("unread counts", 2, "GetUnreadCounts", GetUnreadCountsRequestSchema, {}),
    ...searches.map(({ what, query }) => read(what, 5, "SearchMessages", schema, { query, roomId })),
    read("search in all rooms, common word", 5, "SearchMessages", schema, { query: "melody" }),
  ];
  const { chat } = clientsOf(gateway, accessToken);
  const { counts } = await chat.getUnreadCounts({});
  if (counts[0]?.unread !== size - deletedOf(size)) throw new Error(`${counts[0]?.unread} of ${size} are unread`);
  for (const { query, found } of searches) {
    const { messages } = await chat.searchMessages({ query, roomId });
    if (found !== undefined && messages.length !== found)
      throw new Error(`${query} was found ${messages.length} times`);
  }

  /** Goes on to the last page. */
  async function searchToTheEnd(query: string, times: number): Promise<void> {
    let found = 0;
    for (let pageToken = "", more = true; more; more = pageToken !== "") {
      const page = await chat.searchMessages({ query, roomId, pageToken });
      pageToken = page.nextPageToken;
      found += page.messages.length;
    }
    if (found !== times) throw new Error(`${query} was found ${found} times`);
  }
  const calls = await Promise.all(
    reads.map(async ({ what, factor, method, body }): Promise<Contender> => {
      const load = await h2Load({
        port: child.ready.port,
        path: `/${ChatService.typeName}/${method}`,
        headers: grpcHeaders(accessToken),
        body: () => body,
        inFlight: 1,
        connections: 1,
        timed: true,
      });
      stack.defer(() => load.close());
      factors.set(`${what}, ${database}`, factor);
      return {
        name: `${what}, ${database} of ${size}`,
        async round(ms: number) {
          const { latencies } = await load.run(ms);
          return { p50: quantile(latencies, 0.5) };
        },
      };
    }),
  );
  const whole = [
    { what: "search, word said ten times, all pages", query: "ocarina", times: rareWordSaid },
    { what: "search, two words that never meet, all pages", query: "guitar melody", times: 0 },
  ].map(({ what, query, times }): Contender => {
    factors.set(`${what}, ${database}`, undefined);
    return {
      name: `${what}, ${database} of ${size}`,
      async round(ms: number) {
        const latencies: number[] = [];
        for (const end = performance.now() + ms; performance.now() < end; ) {
          const from = performance.now();
          await searchToTheEnd(query, times);
          latencies.push(performance.now() - from);
        }
        return { p50: quantile(latencies, 0.5) };
      },
    };
  });
  return [...calls, ...whole];
}

const factors = new Map<string, number | undefined>();
const found = new Map<string, Sample>();
const times = { rounds: options.rounds, roundMs: options.roundMs / 5, warmMs: options.warmMs / 5 };
for (const [database, make] of [["SQLite"], ["PostgreSQL", postgres]] as const) {
  if (database === "PostgreSQL" && make === undefined) continue;
  await using stack = new AsyncDisposableStack();
  const filled: Filled[] = [];
  for (const size of sizes) filled.push(await fill(size, make, stack));
  const perSize: Contender[][] = [];
  for (const each of filled) perSize.push(await contendersOf(each, database, stack));
  // Sizes next to each other, so that they share the machine's moods.
  const turns = (perSize[0] ?? []).flatMap((_, index) => perSize.map((contenders) => contenders[index] as Contender));
  for (const [name, sample] of await alternate(turns, times)) found.set(name, sample);
}

const [smallest = 0, ...larger] = sizes;
const rows: Row[] = [];
for (const [what, factor] of factors) {
  const base = found.get(`${what} of ${smallest}`)?.p50 ?? Number.NaN;
  for (const size of larger) {
    const ours = found.get(`${what} of ${size}`)?.p50 ?? Number.NaN;
    const peer = { name: `at ${smallest}`, value: base };
    rows.push({
      what: `${what}, ${size} messages, p50`,
      unit: "ms",
      ours,
      peer,
      ...(factor !== undefined && { first: atMost(ours, factor, peer.name, base) }),
    });
  }
}
report({
  bench: "history",
  quick: options.quick,
  rows,
  notes: [
    "one call at a time through the whole app, 50 messages a page; each size in a process and a database of its own; one message in a hundred is deleted",
    "searches are compared at equal numbers of hits: one in 20 messages brings a full page at every size, and ten hits are spread over all of the room",
    "a call looks through a bounded number of messages: what is rare in a large room takes several, the first of them as long as `one call`, the others up to some ms more (`all pages`, with what the client takes)",
  ],
});
