import { openH2 } from "./kit/h2-connection.ts";
import { type Subscriber, subscribeH2 } from "./kit/h2-subscriber.ts";
import { readOptions } from "./kit/options.ts";
import { sendBody, startOwnApp, streamsEach, subscribeBody } from "./kit/own-app.ts";
import { type Row, report, within } from "./kit/report.ts";
import { median } from "./kit/statistics.ts";
import { frameTag, streamPath } from "./kit/stream-call.ts";
import { grpcHeaders, unaryPath } from "./kit/unary-call.ts";

// Everybody loses their connection, things are said meanwhile, and everybody comes back at once with a cursor: how long
// until the last one has all that was missed, and how often the store was asked.
const options = readOptions();
const subscribers = 2000;
const roomCount = 10;
const missed = 100;
const rounds = options.quick ? 1 : 5;
await using stack = new AsyncDisposableStack();

const app = await startOwnApp(stack, {
  people: Math.ceil(subscribers / streamsEach),
  env: { BENCH_COUNT_READS: "1" },
});
const rooms: string[] = [];
for (let i = 0; i < roomCount; i += 1) rooms.push(await app.room(`bench ${i}`));
const tokenOf = (index: number) => app.people[Math.floor(index / streamsEach)]?.accessToken ?? "";
const roomOf = (index: number) => rooms[index % roomCount] ?? "";

function broken(error: Error): void {
  throw error;
}

interface Return {
  readonly ms: number;
  readonly subscribers: readonly Subscriber[];
}

/** Everybody connects at once. Resolves when each has caught up, having got exactly so many events. */
async function everybody(afterOf: (roomId: string) => bigint | undefined, events: number): Promise<Return> {
  const startedAt = performance.now();
  const done = Promise.withResolvers<void>();
  let left = subscribers;
  const bodies = new Map(rooms.map((roomId) => [roomId, subscribeBody(roomId, afterOf(roomId))]));
  const connecting = Array.from({ length: subscribers }, (_, index) => {
    let got = 0;
    return subscribeH2(
      { port: app.chatPort, path: streamPath, headers: grpcHeaders(tokenOf(index)) },
      bodies.get(roomOf(index)) as Buffer,
      (tag) => {
        if (tag === frameTag.event) got += 1;
        if (tag !== frameTag.caughtUp) return;
        if (got !== events) done.reject(new Error(`a subscriber caught up with ${got} of ${events} events`));
        left -= 1;
        if (left === 0) done.resolve();
      },
      broken,
    );
  });
  const connected = await Promise.all(connecting);
  await done.promise;
  return { ms: performance.now() - startedAt, subscribers: connected };
}

async function say(count: number): Promise<void> {
  const sender = await openH2({ port: app.chatPort, path: unaryPath, headers: grpcHeaders(tokenOf(0)) }, broken);
  for (const roomId of rooms) {
    const body = sendBody(roomId);
    const all = Array.from({ length: count }, () => new Promise<void>((resolve) => sender.call(body, resolve)));
    sender.flush();
    await Promise.all(all);
  }
  sender.close();
}

async function headOf(roomId: string): Promise<bigint> {
  const { room } = (await app.people[0]?.chat.getRoomInfo({ roomId })) ?? {};
  return room?.headSequence ?? 0n;
}

const times: number[] = [];
const eventReads: number[] = [];
const allReads: number[] = [];
let statements: [string, number][] = [];
for (let round = 0; round < rounds; round += 1) {
  const heads = new Map<string, bigint>();
  for (const roomId of rooms) heads.set(roomId, await headOf(roomId));
  // Everybody is there once, so that the service knows their tokens, as it does after a cut.
  const before = await everybody(() => undefined, 0);
  for (const subscriber of before.subscribers) subscriber.leave();
  await new Promise((resolve) => setTimeout(resolve, 500));
  await say(missed);
  await app.child.ask("runs");
  const back = await everybody((roomId) => heads.get(roomId), missed);
  times.push(back.ms);
  const runs = (await app.child.ask("runs")) as [string, number][];
  eventReads.push(count(runs, /from "chat_events"/) / roomCount);
  allReads.push(count(runs, /^select/i) / subscribers);
  statements = runs;
  for (const subscriber of back.subscribers) subscriber.leave();
  await new Promise((resolve) => setTimeout(resolve, 500));
}

function count(runs: readonly [string, number][], wanted: RegExp): number {
  return runs.reduce((sum, [sql, times]) => (wanted.test(sql) ? sum + times : sum), 0);
}

const seconds = median(times) / 1000;
const perRoom = median(eventReads);
const rows: Row[] = [
  { what: "all back and caught up", unit: "s", ours: seconds, end: within(seconds, 2, "s") },
  { what: "reads of events per room", unit: "reads", ours: perRoom, first: within(perRoom, 1, "read") },
  { what: "all reads per subscriber", unit: "reads", ours: median(allReads) },
];
const mostRun = statements.sort((a, b) => b[1] - a[1]).slice(0, 4);
report({
  bench: "reconnect",
  quick: options.quick,
  rows,
  notes: [
    `${subscribers} subscribers on a connection each, ${roomCount} rooms, ${missed} events missed in each; everybody got exactly those`,
    ...mostRun.map(([sql, times]) => `${times} × ${sql.slice(0, 140)}`),
  ],
});
