import { setTimeout as pause } from "node:timers/promises";
import { fromBinary } from "@bufbuild/protobuf";
import { AudioQuality } from "../gen/veza/stream/v1/audio_pb.ts";
import { StreamVisibility } from "../gen/veza/stream/v1/stream_pb.ts";
import { ListenResponseSchema } from "../gen/veza/stream/v1/stream_service_pb.ts";
import { startNats, withoutNats } from "../tests/kit/nats.ts";
import type { Person } from "../tests/kit/people.ts";
import { listenBody, listenPath, publishAudio } from "./kit/audio-call.ts";
import { type Child, startChild } from "./kit/child.ts";
import { subscribeH2 } from "./kit/h2-subscriber.ts";
import { opusOf } from "./kit/music.ts";
import { readOptions } from "./kit/options.ts";
import { startOwnApp, streamsEach } from "./kit/own-app.ts";
import { postgresUrl } from "./kit/postgres.ts";
import { type Row, report, within } from "./kit/report.ts";
import { quantile } from "./kit/statistics.ts";
import { grpcHeaders } from "./kit/unary-call.ts";

// From writing a packet of a broadcast to reading it as a listener, for what is passed through and for what is encoded
// anew, by who listens where the source is and by who listens at another process, behind PostgreSQL and NATS. A packet of
// 20 ms at a time; listeners get as much at once as their number allows.
const options = readOptions();
const measureMs = options.quick ? 3000 : 15_000;
const settleMs = options.quick ? 700 : 3000;
const music = opusOf(10, 128_000);
await using stack = new AsyncDisposableStack();

/** The first byte of a frame of Listen that holds packets. */
const packetsTag = 0x12;

interface Scene {
  readonly what: string;
  readonly quality: AudioQuality;
  readonly listeners: number;
  /** Whether they listen at another process than the one that has the source. */
  readonly isElsewhere?: boolean;
}
const scenes: readonly Scene[] = [
  { what: "passed through, 10 listeners", quality: AudioQuality.MEDIUM, listeners: 10 },
  { what: "encoded anew, 10 listeners", quality: AudioQuality.LOW, listeners: 10 },
  { what: "passed through, 250 listeners", quality: AudioQuality.MEDIUM, listeners: 250 },
];
const elsewhere: readonly Scene[] = scenes
  .slice(0, 2)
  .map((scene) => ({ ...scene, what: `${scene.what} at another process`, isElsewhere: true }));
const most = Math.max(...scenes.map(({ listeners }) => listeners));

/** Where the source goes, and where listeners go. */
interface Stage {
  readonly source: Child;
  readonly listeners: Child;
  readonly people: readonly Person[];
}
const portOf = ({ ready }: Child) => Number(new URL(String(ready.gateway)).port);

async function oneProcess(): Promise<Stage> {
  const { child, people } = await startOwnApp(stack, { people: Math.ceil(most / streamsEach) });
  return { source: child, listeners: child, people };
}

/** Undefined without PostgreSQL or NATS. */
async function twoProcesses(): Promise<Stage | undefined> {
  const databaseUrl = await postgresUrl(stack);
  if (databaseUrl === undefined || withoutNats) return undefined;
  const env = { BENCH_DATABASE_URL: databaseUrl, BENCH_NATS_URL: stack.use(await startNats()).url };
  const { child, people } = await startOwnApp(stack, { people: 1, env });
  const other = await startChild("veza", "own-app.ts", env);
  stack.defer(() => other.end());
  return { source: child, listeners: other, people };
}

interface Heard {
  readonly latencies: readonly number[];
  readonly missing: number;
  /** CPU of the server and of this side, as parts of a core. */
  readonly busy: number;
  readonly loadBusy: number;
}

async function play({ what, quality, listeners }: Scene, stage: Stage): Promise<Heard> {
  const { people } = stage;
  const child = stage.listeners;
  const port = portOf(child);
  const tokenOf = (index: number) => people[Math.floor(index / streamsEach)]?.accessToken ?? "";
  await using scene = new AsyncDisposableStack();
  const streamer = people[0];
  const created = await streamer?.stream.createStream({ title: what, visibility: StreamVisibility.PUBLIC });
  const streamId = created?.stream?.id ?? "";
  let isOver = false;
  const onOver = (error: Error) => {
    if (!isOver) throw error;
  };
  const sentAt: number[] = [];
  const latencies: number[] = [];
  let counts = false;
  let heardPackets = 0;

  const publisher = await publishAudio({ port: portOf(stage.source), token: tokenOf(0), streamId }, onOver);
  scene.defer(() => publisher.leave());
  const startedAt = performance.now();
  const timer = setInterval(() => {
    while (performance.now() - startedAt >= sentAt.length * 20) {
      const sequence = sentAt.length;
      sentAt.push(performance.now());
      publisher.send(sequence, music[sequence % music.length] as Uint8Array);
    }
  }, 2);
  scene.defer(() => clearInterval(timer));
  // Until the source is known there is nothing to choose a quality from.
  await pause(500);

  const body = listenBody(streamId, quality);
  const silent = new Set(Array.from({ length: listeners }, (_, index) => index));
  const everybody = Promise.withResolvers<void>();
  for (let from = 0; from < listeners; from += 50) {
    const indexes = Array.from({ length: Math.min(50, listeners - from) }, (_, i) => from + i);
    const some = await Promise.all(
      indexes.map((index) =>
        subscribeH2(
          { port, path: listenPath, headers: grpcHeaders(tokenOf(index)) },
          body,
          (tag, bytes, start, end) => {
            if (tag !== packetsTag) return;
            if (silent.delete(index) && silent.size === 0) everybody.resolve();
            if (!counts) return;
            const now = performance.now();
            const { frame } = fromBinary(ListenResponseSchema, bytes.subarray(start, end));
            if (frame.case !== "packets") return;
            for (const { sequence } of frame.value.packets) {
              latencies.push(now - (sentAt[Number(sequence)] ?? Number.NaN));
              heardPackets += 1;
            }
          },
          onOver,
        ),
      ),
    );
    scene.defer(() => {
      for (const each of some) each.leave();
    });
  }
  scene.defer(() => {
    isOver = true;
  });

  const late = setTimeout(() => everybody.reject(new Error(`${silent.size} heard nothing in 30 s`)), 30_000);
  await everybody.promise;
  clearTimeout(late);
  await pause(settleMs);
  const { metrics } = (await streamer?.stream.getAudioMetrics({ streamId })) ?? {};
  const heard = metrics?.qualityStats.find((each) => each.quality === quality);
  if (heard?.listenerCount !== listeners) throw new Error(`${heard?.listenerCount} of ${listeners} hear`);
  if (heard.isPassthrough !== what.startsWith("passed")) throw new Error(`${what}: that is not what is heard`);
  const before = await child.cpu();
  const own = process.cpuUsage();
  const from = performance.now();
  const sentBefore = sentAt.length;
  counts = true;
  await pause(measureMs);
  counts = false;
  const took = performance.now() - from;
  const expected = (sentAt.length - sentBefore) * listeners;
  const { user, system } = process.cpuUsage(own);
  const busy = ((await child.cpu()) - before) / (took * 1000);
  return { latencies, missing: 1 - heardPackets / expected, busy, loadBusy: (user + system) / (took * 1000) };
}

const rows: Row[] = [];
const loads: string[] = [];
const alone = await oneProcess();
const apart = await twoProcesses();
for (const scene of apart === undefined ? scenes : [...scenes, ...elsewhere]) {
  const { latencies, missing, busy, loadBusy } = await play(scene, scene.isElsewhere && apart ? apart : alone);
  // What is on its way when counting begins and ends makes up for each other, but for a batch or so.
  if (Math.abs(missing) > 0.1) throw new Error(`${scene.what}: ${Math.round(missing * 100)} % of the packets missing`);
  for (const [name, part] of [
    ["p50", 0.5],
    ["p99", 0.99],
  ] as const) {
    const ours = quantile(latencies, part);
    const row = { what: `packet in → packet at listener, ${scene.what}, ${name}`, unit: "ms", ours };
    if (name === "p50") rows.push(row);
    else if (scene.listeners > 50) rows.push({ ...row, first: within(ours, 150, "ms") });
    else rows.push({ ...row, first: within(ours, 150, "ms"), end: within(ours, 60, "ms") });
  }
  loads.push(`${scene.what} ${Math.round(busy * 100)}/${Math.round(loadBusy * 100)} (${latencies.length} packets)`);
}
report({
  bench: "audio-latency",
  quick: options.quick,
  rows,
  notes: [
    "Opus at 128 kbit/s over PublishAudio (gRPC), a packet of 20 ms at a time; Listen over gRPC, a connection each; up to 50 listeners get 20 ms at a time, from 201 on 100 ms",
    "encoded anew: at 64 kbit/s, which is decoded and encoded in a worker; times are of packets, the codec's own delay of 6.5 ms is not in them",
    `CPU of server/load in % of a core: ${loads.join(", ")}`,
  ],
});
