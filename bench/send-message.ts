import { randomUUID } from "node:crypto";
import { startChild } from "./kit/child.ts";
import { h2Load } from "./kit/h2-load.ts";
import { readOptions } from "./kit/options.ts";
import { type OwnApp, sendBody, startOwnApp } from "./kit/own-app.ts";
import { postgresUrl } from "./kit/postgres.ts";
import { atLeast, type Row, report } from "./kit/report.ts";
import { alternate, type Contender } from "./kit/rounds.ts";
import { framed, grpcHeaders, unaryBinary, unaryPath } from "./kit/unary-call.ts";
import { unaryContender } from "./kit/unary-contender.ts";

// SendMessage through the whole app, acknowledged once it is on the disk, beside the same call whose handler does nothing.
// What is sent, and how: 64 in flight by people in turn, into one room and into many; on SQLite and, where it is
// installed, on PostgreSQL with its default settings.
const options = readOptions();
const inFlight = 64;
const connections = 4;
await using stack = new AsyncDisposableStack();

const trivial = await startChild("trivial", "own-unary.ts");
stack.defer(() => trivial.end());
const onSqlite = await startOwnApp(stack, { people: connections });
const postgres = await postgresUrl(stack);
const onPostgres =
  postgres === undefined
    ? undefined
    : await startOwnApp(stack, { people: connections, env: { BENCH_DATABASE_URL: postgres } });

const plain = framed(unaryBinary);

async function contender(name: string, app: OwnApp | undefined, body: () => Uint8Array): Promise<Contender> {
  const child = app?.child ?? trivial;
  const token = app === undefined ? String(trivial.ready.token) : (app.people[0]?.accessToken ?? "");
  const load = await h2Load({
    port: child.ready.port,
    path: unaryPath,
    headers: grpcHeaders(token),
    body,
    inFlight,
    connections,
  });
  stack.defer(() => load.close());
  return unaryContender(name, child, load);
}

async function sending(app: OwnApp, where: string): Promise<Contender[]> {
  const rooms: string[] = [];
  for (let i = 0; i < 16; i += 1) rooms.push(await app.room(`bench ${i}`));
  const [oneRoom = ""] = rooms;
  const toOne = sendBody(oneRoom);
  const toMany = rooms.map((roomId) => sendBody(roomId));
  let turn = 0;
  return [
    await contender(`into one room${where}`, app, () => toOne),
    await contender(`into 16 rooms${where}`, app, () => {
      turn += 1;
      return toMany[turn % toMany.length] as Buffer;
    }),
    await contender(`with request_id${where}`, app, () => sendBody(oneRoom, randomUUID())),
  ];
}

const contenders = [
  await contender("trivial handler", undefined, () => plain),
  ...(await sending(onSqlite, "")),
  ...(onPostgres === undefined ? [] : await sending(onPostgres, ", PostgreSQL")),
].filter(({ name }) => options.only === undefined || name === options.only);
const found = await alternate(contenders, options);
const rate = (name: string) => found.get(name)?.callsPerSecond ?? Number.NaN;
const cpu = (name: string) => found.get(name)?.cpuPerCall ?? Number.NaN;

const base = "trivial handler";
const names = contenders.map(({ name }) => name).filter((name) => name !== base);
const rows: Row[] = [
  ...names.map((name) => ({
    what: `SendMessage ${name}`,
    unit: "calls/s",
    ours: rate(name),
    peer: { name: base, value: rate(base) },
    first: atLeast(rate(name), 0.5, base, rate(base)),
    end: atLeast(rate(name), 0.8, base, rate(base)),
  })),
  ...names.map((name) => ({
    what: `SendMessage ${name}`,
    unit: "µs CPU/call",
    ours: cpu(name),
    peer: { name: base, value: cpu(base) },
  })),
];
const busy = [...found].map(([name, { serverBusy = 0, loadBusy = 0 }]) => {
  return `${name} ${Math.round(serverBusy * 100)}/${Math.round(loadBusy * 100)}`;
});
report({
  bench: "send-message",
  quick: options.quick,
  rows,
  notes: [
    `${inFlight} calls in flight on ${connections} connections; nobody follows the rooms; SQLite in ${onSqlite.child.ready.dataDir}`,
    `CPU of server/load in % of a core: ${busy.join(", ")}; a server below 100 waits for the disk`,
  ],
});
