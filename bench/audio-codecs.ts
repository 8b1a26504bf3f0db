import { createMp3Encoder as createLame } from "wasm-media-encoders";
import {
  type AudioPacket,
  bitrates,
  createLadderPool,
  createOggMuxer,
  createSourceReader,
  createWebmMuxer,
  qualities,
  type Rendition,
} from "../src/stream/audio/index.ts";
import { createMp3Decoder } from "../src/stream/audio/mp3/decoder.ts";
import { createMp3Encoder } from "../src/stream/audio/mp3/encoder.ts";
import { createOpusDecoder } from "../src/stream/audio/opus/decoder.ts";
import { createOpusEncoder } from "../src/stream/audio/opus/encoder.ts";
import { createResampler } from "../src/stream/audio/resample.ts";
import { readOptions } from "./kit/options.ts";
import { type Row, report, within } from "./kit/report.ts";
import { median } from "./kit/statistics.ts";

// What a second of sound costs: each codec and container by itself, then whole ladders in their worker. In ms of one core.
const options = readOptions();
const seconds = options.quick ? 5 : 20;
const blockSamples = 960;
const music = musicOf(seconds);
const blocks = Array.from({ length: seconds * 50 }, (_, at) =>
  music.subarray(at * blockSamples * 2, (at + 1) * blockSamples * 2),
);
const rows: Row[] = [];

/** Something like music: chords that change, beats of noise, not the same left and right. The same each time. */
function musicOf(length: number): Int16Array {
  const pcm = new Int16Array(length * 48_000 * 2);
  let noise = 1;
  let beat = 0;
  for (let at = 0; at < pcm.length / 2; at += 1) {
    const time = at / 48_000;
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) | 0;
    beat = at % 12_000 === 0 ? 1 : beat * 0.9996;
    const root = 110 * 2 ** (([0, 5, 7, 3][Math.floor(time / 2) % 4] as number) / 12);
    let chord = 0;
    for (const part of [1, 1.5, 2.52, 4, 8.03]) chord += Math.sin(2 * Math.PI * root * part * time) / (part + 1);
    const drum = (beat * noise) / 2 ** 31;
    pcm[at * 2] = 9000 * chord + 8000 * drum;
    pcm[at * 2 + 1] = 7000 * chord + 5000 * drum + 2000 * Math.sin(2 * Math.PI * 5 * root * time);
  }
  return pcm;
}

/** The middle of some rounds, after one to warm up. */
async function measure(what: string, work: () => void | Promise<void>, bound?: number): Promise<void> {
  const costs: number[] = [];
  for (let round = 0; round <= options.rounds; round += 1) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    if (round > 0) costs.push((user + system) / 1000 / seconds);
  }
  const ours = median(costs);
  rows.push({
    what,
    unit: "ms a second",
    ours,
    ...(bound === undefined ? {} : { first: within(ours, bound, "ms") }),
  });
}

function opusOf(bitrate: number): AudioPacket[] {
  const encoder = createOpusEncoder(bitrate);
  return blocks.map((pcm, sequence) => ({ sequence, pts: sequence * 960, duration: 960, data: encoder.encode(pcm) }));
}

async function mp3Of(kilobits: 128 | 320): Promise<Uint8Array> {
  const lame = await createLame();
  lame.configure({ sampleRate: 44_100, channels: 2, bitrate: kilobits, outputSampleRate: 44_100 });
  // The music a little slower: that it is another rate is all that matters here.
  const [left, right] = [0, 1].map((which) =>
    Float32Array.from({ length: seconds * 44_100 }, (_, at) => (music[at * 2 + which] as number) / 32_768),
  );
  const body = Uint8Array.from(lame.encode([left as Float32Array, right as Float32Array]));
  return Buffer.concat([body, lame.finalize()]);
}

const none = { format() {}, unit() {}, title() {} };
const opus320 = opusOf(320_000);
const mp3File = await mp3Of(320);
const frames: Uint8Array[] = [];
createSourceReader("mp3", { ...none, unit: ({ data }) => frames.push(data) }).push(mp3File);

for (const quality of qualities) {
  await measure(`opus encode ${bitrates[quality] / 1000}`, () => void opusOf(bitrates[quality]), 12);
}
await measure("opus decode 320", () => {
  const decoder = createOpusDecoder(0);
  for (const { data } of opus320) decoder.decode(data);
});
for (const quality of qualities) {
  await measure(`mp3 encode ${bitrates[quality] / 1000}`, async () => {
    const encoder = await createMp3Encoder(bitrates[quality]);
    for (const pcm of blocks) encoder.encode(pcm);
  });
}
await measure("mp3 decode 320 and resample 44.1 kHz", async () => {
  using decoder = await createMp3Decoder({ sampleRate: 44_100, channels: 2 });
  for (const frame of frames) decoder.decode(frame);
});
await measure("resample 44.1 kHz", () => {
  const resampler = createResampler(44_100, 2);
  const piece = [new Float32Array(1152), new Float32Array(1152)];
  for (let at = 0; at < (seconds * 44_100) / 1152; at += 1) resampler.push(piece);
});

for (const [name, muxer] of [
  ["ogg", createOggMuxer(1)],
  ["webm", createWebmMuxer()],
] as const) {
  await measure(`${name} mux 320`, () => {
    for (const packet of opus320) muxer.push([packet]);
  });
  const file = Buffer.concat([muxer.header, ...muxer.push(opus320).map(({ bytes }) => bytes)]);
  await measure(`${name} read 320`, () => read(name, file));
}
await measure("mp3 read 320", () => read("mp3", mp3File));

/** As it comes from a socket. */
function read(kind: "ogg" | "webm" | "mp3", file: Uint8Array): void {
  const reader = createSourceReader(kind, none);
  for (let at = 0; at < file.length; at += 1400) reader.push(file.subarray(at, at + 1400));
}

await using pool = createLadderPool({
  broke(error) {
    throw error;
  },
});

/** The whole way of a file: read, decoded and encoded in the worker, back here. Also what of it this thread did. */
async function ladder(what: string, kind: "ogg" | "mp3", file: Uint8Array, renditions: readonly Rendition[]) {
  let packets = 0;
  const mainShare: number[] = [];
  await measure(what, async () => {
    using made = pool.open({
      packets(_, more) {
        packets += more.length;
      },
    });
    for (const rendition of renditions) made.want(rendition);
    const reader = createSourceReader(kind, { format: made.begin, unit: made.push, title() {} });
    const before = process.threadCpuUsage();
    for (let at = 0; at < file.length; at += 4000) {
      reader.push(file.subarray(at, at + 4000));
      // Once more for what came out of the worker: a timer, so that waiting is idle.
      do await new Promise((resolve) => setTimeout(resolve, 1));
      while (made.stats().lagMs > 400);
    }
    while (made.stats().lagMs > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const { user, system } = process.threadCpuUsage(before);
    mainShare.push((user + system) / 1000 / seconds);
  });
  rows.push({ what: `${what}: main thread`, unit: "ms a second", ours: median(mainShare) });
  if (packets === 0) throw new Error("the ladder made nothing");
}

const muxer = createOggMuxer(2);
const oggFile = Buffer.concat([muxer.header, ...muxer.push(opusOf(400_000)).map(({ bytes }) => bytes)]);
const all = qualities.map((quality) => `opus-${quality}` as const);
await ladder("ladder of four from mp3 320", "mp3", mp3File, all);

await ladder("ladder of one, 128, from mp3 320", "mp3", mp3File, ["opus-medium"]);
await ladder("ladder of four from opus 400", "ogg", oggFile, all);
await ladder("mp3 128 from opus 400", "ogg", oggFile, ["mp3-medium"]);
await ladder("passthrough of opus 400", "ogg", oggFile, ["opus-source"]);

report({
  bench: "audio-codecs",
  quick: options.quick,
  rows,
  notes: [
    "CPU of the whole process for a second of sound, stereo; 10 ms a second is a hundredth of a core.",
    "Main thread: what of it was not in the worker, reading the file included.",
  ],
});
