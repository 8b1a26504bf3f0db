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
import { startChild } from "./kit/child.ts";
import { h2Load } from "./kit/h2-load.ts";
import { fillRoom, messageIdOf } from "./kit/history-store.ts";
import { readOptions } from "./kit/options.ts";
import { atMost, type Row, report } from "./kit/report.ts";
import { alternate, type Contender } from "./kit/rounds.ts";
import { quantile } from "./kit/statistics.ts";
import { framed, grpcHeaders } from "./kit/unary-call.ts";

// Reading in rooms with a thousand, a hundred thousand and a million messages: the time of one call, one at a time, which
// should not depend on how much was ever said. One app for each size; they take turns.
const options = readOptions();
const sizes = options.quick ? [1e3, 1e5] : [1e3, 1e5, 1e6];
await using stack = new AsyncDisposableStack();

/** Runs the app once on an empty folder, for somebody to register and make a room, and for somebody else to join it. */
async function prepare(dataDir: string): Promise<{ owner: Person; sender: Person; roomId: string }> {
  const child = await startChild("veza", "own-app.ts", { BENCH_DATA_DIR: dataDir });
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

async function open(size: number): Promise<Contender[]> {
  const dataDir = await mkdtemp(join(tmpdir(), "veza-bench-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const { owner, sender, roomId } = await prepare(dataDir);
  const first = fillRoom(join(dataDir, "veza.sqlite"), roomId, sender.id, size);
  const child = await startChild(`veza ${size}`, "own-app.ts", { BENCH_DATA_DIR: dataDir });
  stack.defer(() => child.end());

  const middle = messageIdOf(first + Math.floor(size / 2));
  const history = GetMessageHistoryRequestSchema;
  const reads = [
    read("newest page", 2, "GetMessageHistory", history, { roomId, limit: 50 }),
    read("page before the middle", 2, "GetMessageHistory", history, { roomId, limit: 50, beforeId: middle }),
    read("page after the middle", 2, "GetMessageHistory", history, { roomId, limit: 50, afterId: middle }),
  ];
  const { chat } = clientsOf(String(child.ready.gateway), owner.accessToken);
  const { counts } = await chat.getUnreadCounts({});
  const deleted = Math.floor((first + size - 1) / 100) - Math.floor((first - 1) / 100);
  if (counts[0]?.unread !== size - deleted) throw new Error(`${counts[0]?.unread} of ${size} messages are unread`);
  const search = (query: string) => ({ query, roomId });
  const { messages } = await chat.searchMessages(search("theremin"));
  if (messages.length !== Math.min(50, size / 1000)) throw new Error(`a rare word was found ${messages.length} times`);
  const schema = SearchMessagesRequestSchema;
  reads.push(
    read("unread counts", 2, "GetUnreadCounts", GetUnreadCountsRequestSchema, {}),
    read("search, rare word", 5, "SearchMessages", schema, search("theremin")),
    read("search, common word", 5, "SearchMessages", schema, search("melody")),
    read("search, beginning of a common word", 5, "SearchMessages", schema, search("mel")),
    read("search, two common words", 5, "SearchMessages", schema, search("lyric melody")),
    // Every message with one of them is looked at for the other: nothing bounds that but their number.
    read("search, two words that never meet", undefined, "SearchMessages", schema, search("guitar melody")),
    read("search in all rooms, common word", 5, "SearchMessages", schema, { query: "melody" }),
  );
  return Promise.all(
    reads.map(async ({ what, factor, method, body }) => {
      const load = await h2Load({
        port: child.ready.port,
        path: `/${ChatService.typeName}/${method}`,
        headers: grpcHeaders(owner.accessToken),
        body: () => body,
        inFlight: 1,
        connections: 1,
        timed: true,
      });
      stack.defer(() => load.close());
      factors.set(what, factor);
      return {
        name: `${what} of ${size}`,
        async round(ms: number) {
          const { latencies } = await load.run(ms);
          return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
        },
      };
    }),
  );
}

const factors = new Map<string, number | undefined>();
const perSize: Contender[][] = [];
for (const size of sizes) perSize.push(await open(size));
// Sizes next to each other, so that they share the machine's moods.
const turns = (perSize[0] ?? []).flatMap((_, index) => perSize.map((contenders) => contenders[index] as Contender));
const found = await alternate(turns, { ...options, roundMs: options.roundMs / 3, warmMs: options.warmMs / 3 });

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
    "one call at a time through the whole app, 50 messages a page; each size in a process and a file of its own",
    "one message in a hundred is deleted; the last word of a search may be the beginning of one",
  ],
});
