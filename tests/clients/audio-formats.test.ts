import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type AudioPacket,
  createLadderPool,
  createOggMuxer,
  createSourceReader,
  createWebmMuxer,
  type Making,
  qualities,
  type Rendition,
  type SourceUnit,
} from "#src/stream/audio/index.ts";
import { createMp3Decoder } from "#src/stream/audio/mp3/decoder.ts";
import { channel, collect, decodeOpus, heard, opusPackets, tone } from "../system/audio/sound.ts";
import { need, run } from "./tools.ts";

const pool = createLadderPool({
  broke(error) {
    throw error;
  },
});
afterAll(() => pool[Symbol.asyncDispose]());

beforeAll(() => need("ffmpeg", "ffmpeg", "ffmpeg", ["-version"]));

/** What ffmpeg writes. Fails when it complains, of what is as grave as `level`. */
async function ffmpeg(level: "warning" | "error", args: readonly string[], input?: Uint8Array): Promise<Uint8Array> {
  const options = ["-hide_banner", "-loglevel", level, ...args, "pipe:1"];
  const { stdout, stderr } = await run("ffmpeg", options, input === undefined ? {} : { input });
  expect(stderr).toBe("");
  return stdout;
}

const encodedByFfmpeg = (args: readonly string[]) => ffmpeg("error", args);

/** A tone on the left, another on the right, half as loud: what is sent everywhere here. */
const sent = [
  [0, 1000, 0.5],
  [1, 1500, 0.25],
] as const;
const source = (sampleRate: number) => [
  ...["-f", "lavfi", "-i", `aevalsrc=0.5*sin(2*PI*1000*t)|0.25*sin(2*PI*1500*t):s=${sampleRate}:d=5`],
  ...["-fflags", "+bitexact"],
];

/** Fails unless both tones are there, as high and as loud as sent. MP3 encoders take up to 5 % off. */
function expectTones(pcm: Int16Array, from = 1, to = 4): void {
  for (const [which, hz, amplitude] of sent) {
    const sound = heard(channel(pcm, which), from, to);
    expect(sound.frequency).toBeCloseTo(hz, 0);
    expect(Math.abs(20 * Math.log10(sound.amplitude / amplitude))).toBeLessThan(1);
    expect(sound.otherDb).toBeLessThan(-25);
  }
}

async function decodedByFfmpeg(file: Uint8Array, level: "warning" | "error" = "warning"): Promise<Int16Array> {
  const pcm = await ffmpeg(level, ["-i", "pipe:0", "-f", "s16le", "-ar", "48000", "-ac", "2"], file);
  return new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.byteLength));
}

async function decodedHere(units: readonly SourceUnit[], sampleRate: number): Promise<Int16Array> {
  using decoder = await createMp3Decoder({ sampleRate, channels: 2 });
  return Int16Array.from(units.flatMap(({ data }) => [...decoder.decode(data)]));
}

describe("what ffmpeg encodes is read and decoded to the tones that were sent", () => {
  const ogg = ["-c:a", "libopus", "-f", "ogg"];
  const webm = ["-c:a", "libopus", "-f", "webm"];
  test.each([
    ["Ogg", ogg],
    ["Ogg in pages of 20 ms", [...ogg, "-page_duration", "20000"]],
    ["Ogg of 10 ms", [...ogg, "-frame_duration", "10"]],
    ["Ogg of 2.5 ms", [...ogg, "-frame_duration", "2.5"]],
    ["Ogg of 60 ms at 96 kbit/s", [...ogg, "-frame_duration", "60", "-b:a", "96k"]],
    ["WebM", webm],
    ["WebM as it is made live", [...webm, "-live", "1"]],
    ["WebM in clusters of 100 ms", [...webm, "-live", "1", "-cluster_time_limit", "100"]],
    ["Matroska", ["-c:a", "libopus", "-f", "matroska"]],
  ])("%s", async (_, args) => {
    const file = await encodedByFfmpeg([...source(48_000), "-metadata", "title=Ett två", ...args]);
    const collected = collect();
    const reader = createSourceReader("any", collected);
    for (let at = 0; at < file.length; at += 1371) reader.push(file.subarray(at, at + 1371));
    expect(reader.faults).toEqual({ skippedBytes: 0, damaged: 0, late: 0, lostSamples: 0 });
    expect(collected.titles).toContainEqual({ title: "Ett två" });
    expect(collected.units.reduce((sum, { samples }) => sum + samples, 0) / 48_000).toBeCloseTo(5, 0);
    expectTones(decodeOpus(collected.units));
  });

  test.each([
    [44_100, "320k"],
    [48_000, "128k"],
    [32_000, "128k"],
    [24_000, "96k"],
    [22_050, "64k"],
    [16_000, "64k"],
  ])("MP3 of %i Hz at %s, with ID3 and Xing", async (sampleRate, bitrate) => {
    const file = await encodedByFfmpeg([
      ...source(sampleRate),
      ...["-metadata", "title=Ett två", "-metadata", "artist=Någon", "-c:a", "libmp3lame", "-b:a", bitrate],
      ...["-write_xing", "1", "-f", "mp3"],
    ]);
    const collected = collect();
    const reader = createSourceReader("any", collected);
    for (let at = 0; at < file.length; at += 1371) reader.push(file.subarray(at, at + 1371));
    expect(reader.faults).toEqual({ skippedBytes: 0, damaged: 0, late: 0, lostSamples: 0 });
    expect(collected.titles).toEqual([{ title: "Ett två", artist: "Någon" }]);
    expect(collected.formats).toEqual([
      { codec: "mp3", sampleRate, channels: 2, bitrate: Number.parseInt(bitrate, 10) * 1000, gain: 0 },
    ]);
    expectTones(await decodedHere(collected.units, sampleRate));
  });

  test("MP3 of varying bitrate", async () => {
    const file = await encodedByFfmpeg([...source(44_100), "-c:a", "libmp3lame", "-q:a", "4", "-f", "mp3"]);
    const collected = collect();
    createSourceReader("mp3", collected).push(file);
    expectTones(await decodedHere(collected.units, 44_100));
  });
});

describe("what is made here is what ffmpeg hears", () => {
  const packets = opusPackets(tone(5, 1000, 1500), 320_000);

  test.each([
    ["Ogg", () => createOggMuxer(0xfeed)],
    ["WebM", createWebmMuxer],
  ])("%s from its beginning, and joined late with the cached header", async (_, createMuxer) => {
    const muxer = createMuxer();
    const pieces = [...muxer.push(packets), ...muxer.flush()].map(({ bytes }) => bytes);
    const whole = await decodedByFfmpeg(Buffer.concat([muxer.header, ...pieces]));
    expect(whole.length / 96_000).toBeCloseTo(5, 1);
    expectTones(whole);
    const late = await decodedByFfmpeg(Buffer.concat([muxer.header, ...pieces.slice(17)]));
    expect(late.length / 96_000).toBeCloseTo(5 - 1.7, 1);
    expectTones(late, 0.5, 3);
  });

  const mp3 = [...source(44_100), "-c:a", "libmp3lame", "-b:a", "320k", "-f", "mp3"];
  const ogg = [...source(48_000), "-c:a", "libopus", "-b:a", "400k", "-vbr", "off", "-f", "ogg"];
  test.each([
    [
      "an MP3",
      mp3,
      { "opus-low": "encoded", "opus-ultra": "encoded", "mp3-high": "encoded", "mp3-ultra": "passthrough" },
    ],
    ["an Opus", ogg, { "opus-low": "encoded", "opus-high": "encoded", "mp3-low": "encoded", "mp3-ultra": "encoded" }],
  ])("every quality in every container, of %s source", async (_, args, expected) => {
    const { made, making } = await renditionsOf(await encodedByFfmpeg(args));
    expect(making).toMatchObject(expected);
    for (const quality of qualities) {
      const opus = made.get(`opus-${quality}`) ?? [];
      for (const muxer of [createOggMuxer(7), createWebmMuxer()]) {
        const pieces = [...muxer.push(opus), ...muxer.flush()].map(({ bytes }) => bytes);
        expectTones(await decodedByFfmpeg(Buffer.concat([muxer.header, ...pieces])));
      }
      const frames = (made.get(`mp3-${quality}`) ?? []).map(({ data }) => data);
      // Without a header of the file ffmpeg warns that it has to guess its length.
      expectTones(await decodedByFfmpeg(Buffer.concat(frames), "error"));
    }
  });
});

async function renditionsOf(file: Uint8Array) {
  const made = new Map<Rendition, AudioPacket[]>();
  using ladder = pool.open({
    packets: (rendition, packets) => made.set(rendition, [...(made.get(rendition) ?? []), ...packets]),
  });
  const wanted = qualities.flatMap((quality) => [`opus-${quality}`, `mp3-${quality}`] as const);
  for (const rendition of wanted) ladder.want(rendition);
  const reader = createSourceReader("any", { format: ladder.begin, unit: ladder.push, title() {} });
  const settled = async (ms: number) => {
    while (ladder.stats().lagMs > ms) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  for (let at = 0; at < file.length; at += 3000) {
    reader.push(file.subarray(at, at + 3000));
    await settled(400);
  }
  await settled(0);
  const making = Object.fromEntries(
    wanted.map((rendition): [Rendition, Making] => [rendition, ladder.making(rendition)]),
  );
  return { made, making };
}
