import { Client } from "pg";
import { freePort } from "../tests/kit/cutting-proxy.ts";
import { startNats } from "../tests/kit/nats.ts";
import { type Parts, startParts } from "../tests/kit/parts.ts";
import { clientsOf, type Person, person } from "../tests/kit/people.ts";
import { administer, startPostgres } from "../tests/kit/postgres.ts";
import { Deliveries } from "./kit/deliveries.ts";
import { h2Load } from "./kit/h2-load.ts";
import { subscribeH2 } from "./kit/h2-subscriber.ts";
import { readOptions } from "./kit/options.ts";
import { sendBody, streamsEach, subscribeBody } from "./kit/own-app.ts";
import { cpuOf } from "./kit/process-cpu.ts";
import { type Row, report } from "./kit/report.ts";
import { medians, type Sample } from "./kit/rounds.ts";
import { frameTag, streamPath } from "./kit/stream-call.ts";
import { grpcHeaders, unaryPath } from "./kit/unary-call.ts";

// One gateway and one, two, four processes of chat on PostgreSQL and NATS: what a message and a delivery cost in them
// and in what they stand on, and how that grows with rooms, members and history. All of it shares this machine's cores,
// so messages a second say what one machine does; what an addition of machines brings is read from the cost of each.
const options = readOptions();
const followers = 240;
const sendsInFlight = 64;
await using stack = new AsyncDisposableStack();
const postgres = stack.use(
  await startPostgres({ durable: true, settings: { shared_preload_libraries: "pg_stat_statements" } }),
);
const monitorPort = await freePort();
const nats = stack.use(await startNats(["-m", String(monitorPort)]));
const rows: Row[] = [];

interface Cluster extends AsyncDisposable {
  readonly parts: Parts;
  readonly people: readonly Person[];
  readonly ports: readonly number[];
  readonly database: string;
  /** Asks the database what it has done. */
  readonly statistics: Client;
  /** What was opened to it: closed before it ends. */
  readonly opened: DisposableStack;
}

let databases = 0;
async function startCluster(chats: number): Promise<Cluster> {
  databases += 1;
  const database = `scale_${databases}`;
  await administer(postgres, `CREATE DATABASE ${database}`);
  const parts = await startParts({
    count: { gateway: 1, chat: chats, stream: 1 },
    env: { VEZA_DATABASE_URL: postgres.url(database), VEZA_NATS_URL: nats.url },
  });
  const people: Person[] = [];
  for (let index = 0; index < Math.ceil(followers / streamsEach) + 1; index += 1) {
    people.push(await person({ gateway: parts.gateway }, `scale${index}`));
  }
  const ports = parts.chats.map(({ url }) => Number(new URL(url).port));
  const opened = new DisposableStack();
  const statistics = new Client({ connectionString: postgres.url(database) });
  await statistics.connect();
  await statistics.query("CREATE EXTENSION pg_stat_statements");
  return {
    parts,
    people,
    ports,
    database,
    statistics,
    opened,
    async [Symbol.asyncDispose]() {
      opened.dispose();
      await statistics.end();
      await parts[Symbol.asyncDispose]();
    },
  };
}

async function roomsOf({ people: [owner], ports }: Cluster, count: number): Promise<string[]> {
  const { chat } = clientsOf(`http://127.0.0.1:${ports[0]}`, owner?.accessToken);
  const rooms: string[] = [];
  for (let index = 0; index < count; index += 1) {
    rooms.push((await chat.createRoom({ name: `scale ${index}` })).room?.id ?? "");
  }
  return rooms;
}

/** Postmaster and its sessions are one family of processes. */
const stores = { postgres: postgres.pid ?? 0, nats: nats.pid ?? 0 };

/** What was used and done so far: CPU in microseconds, the others in numbers. */
async function countsNow({ parts, statistics }: Cluster): Promise<Sample> {
  const cpu = {
    chat: parts.chats.reduce((sum, { pid }) => sum + cpuOf(pid ?? 0), 0),
    postgres: cpuOf(stores.postgres),
    nats: cpuOf(stores.nats),
    load: microsecondsOf(process.cpuUsage()),
  };
  const { rows } = await statistics.query<Record<string, string>>(
    `SELECT (SELECT sum(calls) FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%') AS statements,
       (SELECT wal_sync FROM pg_stat_wal) AS syncs`,
  );
  const said = (await (await fetch(`http://127.0.0.1:${monitorPort}/varz`)).json()) as Record<string, number>;
  return {
    ...cpu,
    statements: Number(rows[0]?.statements),
    syncs: Number(rows[0]?.syncs),
    published: said.in_msgs ?? Number.NaN,
    delivered: said.out_msgs ?? Number.NaN,
  };
}

function microsecondsOf({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}

/** Runs something a few times; what it did, a second and for each, in medians. */
async function measure(cluster: Cluster, work: () => Promise<{ count: number; ms: number }>): Promise<Sample> {
  const samples: Sample[] = [];
  await work();
  for (let round = 0; round < options.rounds; round += 1) {
    const before = await countsNow(cluster);
    const { count, ms } = await work();
    const after = await countsNow(cluster);
    const each = Object.entries(after).map(([name, value]) => [name, (value - (before[name] ?? 0)) / count] as const);
    samples.push({ perSecond: (count / ms) * 1000, ...Object.fromEntries(each) });
  }
  return medians(samples);
}

/** Sends into rooms in turn, over all processes of chat. `inFlight` is of all of them together. */
async function sending(
  cluster: Cluster,
  rooms: readonly string[],
  inFlight = sendsInFlight,
): Promise<() => Promise<{ count: number; ms: number }>> {
  const bodies = rooms.map((roomId) => sendBody(roomId));
  let turn = 0;
  const loads = await Promise.all(
    cluster.ports.map((port) =>
      h2Load({
        port,
        path: unaryPath,
        headers: grpcHeaders(cluster.people[0]?.accessToken ?? ""),
        body: () => {
          turn += 1;
          return bodies[turn % bodies.length] as Buffer;
        },
        inFlight: inFlight / cluster.ports.length,
        connections: 1,
      }),
    ),
  );
  cluster.opened.defer(() => {
    for (const load of loads) load.close();
  });
  return async () => {
    const results = await Promise.all(loads.map((load) => load.run(options.roundMs)));
    return {
      count: results.reduce((sum, { calls }) => sum + calls, 0),
      ms: Math.max(...results.map(({ ms }) => ms)),
    };
  };
}

function add(what: string, sample: Sample, of: string): void {
  for (const [name, unit] of [
    ["perSecond", `${of === "delivery" ? "deliveries" : "messages"}/s`],
    ["chat", `µs CPU of chat/${of}`],
    ["postgres", `µs CPU of PostgreSQL/${of}`],
    ["nats", `µs CPU of NATS/${of}`],
    ["load", `µs CPU of the load/${of}`],
    ["statements", `statements/${of}`],
    ["syncs", `syncs of the log/${of}`],
    ["published", `messages to NATS/${of}`],
    ["delivered", `messages from NATS/${of}`],
  ] as const) {
    rows.push({ what, unit, ours: sample[name] ?? Number.NaN });
  }
}

/** Everybody follows one room, spread over the processes; a burst of messages is handed out to all of them. */
async function delivering(cluster: Cluster): Promise<() => Promise<{ count: number; ms: number }>> {
  const [roomId = ""] = await roomsOf(cluster, 1);
  for (const member of cluster.people.slice(1)) await member.chat.joinRoom({ roomId });
  const deliveries = new Deliveries(followers);
  const body = subscribeBody(roomId);
  const caughtUp = Promise.withResolvers<void>();
  let waiting = followers;
  for (let index = 0; index < followers; index += 1) {
    const port = cluster.ports[index % cluster.ports.length] as number;
    const token = cluster.people[Math.floor(index / streamsEach)]?.accessToken ?? "";
    const subscriber = await subscribeH2(
      { port, path: streamPath, headers: grpcHeaders(token) },
      body,
      (tag) => {
        if (tag === frameTag.event) deliveries.arrived(index);
        else if (tag === frameTag.caughtUp && --waiting === 0) caughtUp.resolve();
      },
      (error) => {
        if (!cluster.opened.disposed) throw error;
      },
    );
    cluster.opened.defer(() => subscriber.leave());
  }
  await caughtUp.promise;
  const { chat } = clientsOf(`http://127.0.0.1:${cluster.ports[0]}`, cluster.people[0]?.accessToken);
  return async () => {
    const startedAt = performance.now();
    let messages = 0;
    while (performance.now() - startedAt < options.roundMs) {
      await Promise.all(
        Array.from({ length: 8 }, () => {
          deliveries.sending();
          messages += 1;
          return chat.sendMessage({ roomId, content: "to everybody" });
        }),
      );
    }
    await deliveries.all();
    return { count: messages * followers, ms: performance.now() - startedAt };
  };
}

/** `--only` picks scenes by what their names contain. */
const isAsked = (what: string) => options.only === undefined || what.includes(options.only);

for (const chats of [1, 2, 4]) {
  if (!isAsked("processes")) break;
  const cluster = await startCluster(chats);
  await using _ending = cluster;
  const rooms = await roomsOf(cluster, 16);
  add(`${chats} of chat, 16 rooms`, await measure(cluster, await sending(cluster, rooms)), "message");
  if (chats > 1) {
    const busy = await sending(cluster, rooms, sendsInFlight * chats);
    add(`${chats} of chat, 16 rooms, ${sendsInFlight} in flight at each`, await measure(cluster, busy), "message");
  }
  add(
    `${chats} of chat, one room of ${followers} followers`,
    await measure(cluster, await delivering(cluster)),
    "delivery",
  );
}

{
  const cluster = await startCluster(2);
  await using _ending = cluster;
  for (const count of isAsked("rooms") ? [1, 16, 256] : []) {
    const rooms = await roomsOf(cluster, count);
    add(`2 of chat, ${count} rooms`, await measure(cluster, await sending(cluster, rooms)), "message");
  }
  for (const members of isAsked("members") ? [10, 1_000, 50_000] : []) {
    const [roomId = ""] = await roomsOf(cluster, 1);
    await addMembers(cluster, roomId, members);
    add(`2 of chat, a room of ${members} members`, await measure(cluster, await sending(cluster, [roomId])), "message");
  }
  for (const messages of isAsked("history") ? [0, 100_000, 1_000_000] : []) {
    if (options.quick && messages > 100_000) continue;
    const [roomId = ""] = await roomsOf(cluster, 1);
    await addHistory(cluster, roomId, messages);
    const what = `2 of chat, a room of ${messages} messages`;
    add(what, await measure(cluster, await sending(cluster, [roomId])), "message");
  }
}

/** Members that nobody hears of, written where members stand. */
async function addMembers(cluster: Cluster, roomId: string, count: number): Promise<void> {
  await query(
    cluster,
    `INSERT INTO chat_members SELECT (jsonb_populate_record(member, jsonb_build_object('user_id', 1000000 + number,
       'username', 'member' || number))).* FROM chat_members member, generate_series(1, ${count}) number
     WHERE member.room_id = '${roomId}' AND member.user_id < 1000000`,
  );
}

/** Messages as if they had been sent, from a first one that was. */
async function addHistory(cluster: Cluster, roomId: string, count: number): Promise<void> {
  const { chat } = clientsOf(`http://127.0.0.1:${cluster.ports[0]}`, cluster.people[0]?.accessToken);
  await chat.sendMessage({ roomId, content: "the first of many" });
  await query(
    cluster,
    `INSERT INTO chat_messages SELECT (jsonb_populate_record(message, jsonb_build_object('id', gen_random_uuid()::text,
       'sequence', message.sequence + number))).* FROM chat_messages message, generate_series(1, ${count}) number
     WHERE message.room_id = '${roomId}'`,
    `UPDATE chat_rooms SET head_sequence = head_sequence + ${count} WHERE id = '${roomId}'`,
    // What the server does after so many rows is no part of what a message costs.
    "VACUUM (ANALYZE) chat_messages",
    "CHECKPOINT",
  );
}

async function query(cluster: Cluster, ...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: postgres.url(cluster.database) });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

report({
  bench: options.only === undefined ? "scale" : `scale-${options.only}`,
  quick: options.quick,
  rows,
  notes: [
    `${sendsInFlight} sends in flight, unless at each process; all processes, their stores and the load share the machine: a row's messages a second are not what machines of their own would do`,
    "members and history are written into the tables beforehand",
  ],
});
