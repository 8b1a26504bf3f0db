import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSourceReader, createWebmMuxer } from "#src/stream/audio/index.ts";
import { writeOpusHead } from "#src/stream/audio/opus/head.ts";
import { id } from "#src/stream/audio/webm/ids.ts";
import { cutAt, ebml, unknownSize } from "./files.ts";
import { channel, collect, decodeOpus, heard, opusPackets, tone } from "./sound.ts";

const packets = opusPackets(tone(2, 1000), 64_000, 500_000);
const data = packets.map((packet) => Buffer.from(packet.data));
const clean = { skippedBytes: 0, damaged: 0, late: 0, lostSamples: 0 };

function webm(from = 0): Uint8Array {
  const muxer = createWebmMuxer();
  const pieces = [...muxer.push(packets), ...muxer.flush()];
  return Buffer.concat([muxer.header, ...pieces.slice(from).map(({ bytes }) => bytes)]);
}

function read(parts: readonly Uint8Array[]) {
  const collected = collect();
  const reader = createSourceReader("webm", collected);
  for (const part of parts) reader.push(part);
  return { ...collected, faults: { ...reader.faults } };
}

const ascii = (text: string) => Buffer.from(text);
const track = (number: number, codec: string, ...more: Uint8Array[]) =>
  ebml(id.trackEntry, ebml(id.trackNumber, Uint8Array.of(number)), ebml(id.codecId, ascii(codec)), ...more);
const opusTrack = track(2, "A_OPUS", ebml(id.codecPrivate, writeOpusHead(0)));
/** As MediaRecorder makes it: a segment and clusters of unknown size. */
const recorded = (tracks: Uint8Array, ...clusters: Uint8Array[]) =>
  Buffer.concat([
    ebml(id.ebml, ebml(0x4282, ascii("webm"))),
    unknownSize(id.segment, ebml(id.tracks, tracks), ...clusters),
  ]);
const block = (time: number, lacing: number, ...body: Uint8Array[]) =>
  ebml(id.simpleBlock, Uint8Array.of(0x82, time >> 8, time & 0xff, 0x80 | (lacing << 1)), ...body);
const cluster = (time: number, ...blocks: Uint8Array[]) =>
  unknownSize(id.cluster, ebml(id.timestamp, Uint8Array.of(time >> 8, time & 0xff)), ...blocks);

describe("WebM", () => {
  test("what is muxed is read again byte for byte", () => {
    const { formats, units, faults } = read([webm()]);
    expect(formats).toEqual([{ codec: "opus", sampleRate: 48_000, channels: 2, bitrate: 0, gain: 0 }]);
    expect(units.map((unit) => Buffer.from(unit.data))).toEqual(data);
    expect(faults).toEqual(clean);
  });

  test("who joins late hears on with the cached header", () => {
    const { units } = read([webm(7)]);
    expect(units).toHaveLength(65);
    expect(heard(channel(decodeOpus(units), 0), 0.2, 1.2).frequency).toBeCloseTo(1000, 1);
  });

  test("is the same cut in two at every byte", () => {
    const muxer = createWebmMuxer();
    const file = Buffer.concat([muxer.header, ...muxer.push(packets.slice(0, 10)).map(({ bytes }) => bytes)]);
    for (let at = 0; at <= file.length; at += 1) {
      const { units, faults } = read([file.subarray(0, at), file.subarray(at)]);
      expect(units).toHaveLength(10);
      expect(faults).toEqual(clean);
    }
  });

  test("is the same cut anywhere, also into single bytes", () => {
    const file = webm();
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 200 }), (places) => {
        const { units, faults } = read(cutAt(file, places));
        expect(units).toHaveLength(100);
        expect(faults).toEqual(clean);
      }),
      { seed: 12, numRuns: 60 },
    );
    expect(read([...file].map((byte) => Uint8Array.of(byte))).units).toHaveLength(100);
  });

  test("sizes may be unknown, other tracks and elements may be there", () => {
    const video = ebml(id.simpleBlock, Uint8Array.of(0x81, 0, 0, 0x80), new Uint8Array(3000));
    const group = ebml(id.blockGroup, ebml(id.block, Uint8Array.of(0x82, 0, 20, 0), data[1] as Uint8Array));
    const file = recorded(
      Buffer.concat([track(1, "V_VP8"), opusTrack]),
      ebml(0xec, new Uint8Array(50)),
      cluster(0, block(0, 0, data[0] as Uint8Array), video, group),
      cluster(40, block(0, 0, data[2] as Uint8Array)),
    );
    const { units, faults } = read([file]);
    expect(units.map((unit) => Buffer.from(unit.data))).toEqual(data.slice(0, 3));
    expect(faults).toEqual(clean);
  });

  test.each([
    [
      "Xiph",
      1,
      (frames: Buffer[]) => [
        2,
        ...frames
          .slice(0, 2)
          .flatMap(({ length }) => [...Array<number>(Math.floor(length / 255)).fill(255), length % 255]),
      ],
    ],
    [
      "EBML",
      3,
      ([a, b]: Buffer[]) => {
        const [first, second] = [a as Buffer, b as Buffer];
        const difference = second.length - first.length + 0x1fff;
        return [2, 0x40 | (first.length >> 8), first.length & 0xff, 0x40 | (difference >> 8), difference & 0xff];
      },
    ],
  ])("%s lacing", (_, lacing, sizes) => {
    const frames = [data[0], data[3], data[6]] as Buffer[];
    const file = recorded(opusTrack, cluster(0, block(0, lacing, Uint8Array.from(sizes(frames)), ...frames)));
    expect(read([file]).units.map((unit) => Buffer.from(unit.data))).toEqual(frames);
  });

  test("fixed-size lacing", () => {
    const frames = [data[0], data[0]] as Buffer[];
    const file = recorded(opusTrack, cluster(0, block(0, 2, Uint8Array.of(1), ...frames)));
    expect(read([file]).units.map((unit) => Buffer.from(unit.data))).toEqual(frames);
  });

  test("a second file after the first goes on as one", () => {
    const { formats, units, faults } = read([webm(), webm(2)]);
    expect(formats).toHaveLength(1);
    expect(units).toHaveLength(190);
    expect(faults).toEqual(clean);
  });

  test("what is damaged is left out up to the next cluster, counted, and its time is known to be missing", () => {
    const file = Buffer.from(webm());
    const at = file.indexOf(Buffer.from("1f43b675", "hex"), file.length >> 1);
    file.fill(0, at, at + 6);
    const { units, faults } = read([file]);
    expect(units.length).toBeGreaterThanOrEqual(95);
    expect(units.reduce((sum, { lost }) => sum + lost, 0)).toBeGreaterThanOrEqual(4800 - 48);
    expect(faults.damaged).toBeGreaterThan(0);
    expect(faults.skippedBytes).toBeGreaterThan(0);
  });

  test("capture times that jitter are no loss; a real hole is", () => {
    const at = [0, 23, 38, 61, 80, 240].map((time, index) => block(time, 0, data[index] as Uint8Array));
    const { units } = read([recorded(opusTrack, cluster(100, ...at))]);
    expect(units.map(({ lost }) => lost)).toEqual([0, 0, 0, 0, 0, 6720]);
  });

  test("time that runs back counts anew: what is missing after it is known", () => {
    const at = (time: number, index: number) => cluster(time, block(0, 0, data[index] as Uint8Array));
    const { units } = read([recorded(opusTrack, at(60_000, 0), at(60_020, 1), at(100, 2), at(120, 3), at(640, 4))]);
    expect(units.map(({ lost }) => lost)).toEqual([0, 0, 0, 0, 24_000]);
  });

  test("a time that is no number is none", () => {
    const far = unknownSize(id.cluster, ebml(id.timestamp, new Uint8Array(200).fill(255)));
    const { units, faults } = read([
      recorded(opusTrack, cluster(0, block(0, 0, data[0] as Uint8Array)), far, block(0, 0, data[1] as Uint8Array)),
    ]);
    expect(units.map(({ lost }) => lost)).toEqual([0, 0]);
    expect(faults.lostSamples).toBe(0);
  });

  test("a file without Opus says what it has", () => {
    const file = recorded(Buffer.concat([track(1, "V_VP9"), track(2, "A_VORBIS")]));
    expect(() => createSourceReader("webm", collect()).push(file)).toThrow("WebM with V_VP9, A_VORBIS");
  });
});
