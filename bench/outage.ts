import { setTimeout as sleep } from "node:timers/promises";
import { startNats } from "../tests/kit/nats.ts";
import { type PartProcess, startParts, untilHealthy } from "../tests/kit/parts.ts";
import { person } from "../tests/kit/people.ts";
import { administer, startPostgres } from "../tests/kit/postgres.ts";
import { broadcast, listenOn } from "../tests/kit/radio.ts";
import { readOptions } from "./kit/options.ts";
import { type Row, report, within } from "./kit/report.ts";
import { median } from "./kit/statistics.ts";

// Two of each part, PostgreSQL and NATS, a source and eight listeners, as the client kit has them, with a list of both
// gateways. Each process is killed in turn and started again: how long is the longest silence between two things that a
// listener hears for the first time? What was said is numbered, so that what lay in a buffer counts for nothing.
const options = readOptions();
const rounds = options.quick ? 1 : 3;
const restartMs = 1500;
await using stack = new AsyncDisposableStack();
const postgres = stack.use(await startPostgres({ durable: true }));
const nats = stack.use(await startNats());
await administer(postgres, "CREATE DATABASE outage");
const parts = stack.use(
  await startParts({
    count: { gateway: 2, chat: 2, stream: 2 },
    env: { VEZA_DATABASE_URL: postgres.url("outage"), VEZA_NATS_URL: nats.url },
  }),
);
await untilHealthy(parts);
const [one = "", other = ""] = parts.gateways.map(({ url }) => url);
const owner = await person({ gateway: one }, "owner");
const { stream, streamKey } = await owner.stream.createStream({ title: "outage" });
const streamId = stream?.id ?? "";
const radio = broadcast([one, other], { path: `/live/${streamId}`, key: streamKey });
const listening = Array.from({ length: 8 }, (_, index) =>
  listenOn(index % 2 === 0 ? [one, other] : [other, one], owner, streamId, radio),
);

const silences = new Map<string, number[]>();
/** Does something to the cluster and undoes it, and notes the longest silence of each listener from then on. */
async function after(fault: string, work: () => Promise<unknown>): Promise<void> {
  await Promise.all(listening.map((each) => each.hears(performance.now())));
  await sleep(1000);
  const startedAt = performance.now();
  await work();
  await untilHealthy(parts);
  await Promise.all(listening.map((each) => each.hears(performance.now())));
  const known = silences.get(fault) ?? [];
  silences.set(fault, [...known, ...listening.map((each) => each.silenceSince(startedAt))]);
}
async function away(part: PartProcess): Promise<void> {
  await part.end("SIGKILL");
  await sleep(restartMs);
  await part.start();
}

await after("nothing", () => sleep(2000));
const faults: readonly [
  fault: string,
  of: "chats" | "streams" | "gateways",
  work: (part: PartProcess) => Promise<void>,
][] = [
  ["kill -9 of chat", "chats", away],
  ["kill -9 of stream", "streams", away],
  ["kill -9 of a gateway", "gateways", away],
  [
    "a stream process is stopped in good order",
    "streams",
    async (part) => {
      await part.end("SIGTERM");
      await part.start();
    },
  ],
  [
    "a stream process stands still for 4 s",
    "streams",
    async (part) => {
      part.pause("SIGSTOP");
      await sleep(4000);
      part.pause("SIGCONT");
    },
  ],
];
for (let round = 0; round < rounds; round += 1) {
  for (const [fault, of, work] of faults) {
    for (const part of parts[of]) await after(fault, () => work(part));
  }
  await after(`NATS is killed, and back after ${restartMs} ms`, async () => {
    await nats.stop();
    await sleep(restartMs);
    await nats.start();
  });
  await after("PostgreSQL is killed, and back at once", async () => {
    await postgres.crash();
    await postgres.start();
  });
}
await Promise.all([radio.stop(), ...listening.map((each) => each.stop())]);

const rows: Row[] = [...silences].flatMap(([fault, all]) => {
  const worst = Math.max(...all);
  const isPromised = fault.startsWith("kill") || fault.startsWith("a stream process is stopped");
  return [
    { what: `${fault}: silence of a listener, p50`, unit: "ms", ours: median(all) },
    {
      what: `${fault}: silence of the worst off`,
      unit: "ms",
      ours: worst,
      ...(isPromised && { end: within(worst, 2000, "ms") }),
    },
  ];
});
report({
  bench: "outage",
  quick: options.quick,
  rows,
  notes: [
    `2 gateways, 2 of chat, 2 of stream; 8 listeners; ${rounds} rounds, each process once in each; started again after ${restartMs} ms`,
    "the source says 100 ms at a time, so that nobody hears anything new more often",
  ],
});
