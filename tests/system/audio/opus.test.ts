import { Encoder } from "@evan/opus";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createOpusGrid } from "#src/stream/audio/grid.ts";
import { createPacketReader } from "#src/stream/audio/index.ts";
import { packetSamples, readPacket, writePacket } from "#src/stream/audio/opus/toc.ts";
import { channel, collect, decodeOpus, heard, opusPackets, tone } from "./sound.ts";

/** Packets of so many samples each. */
function packetsOf(samples: number, bitrate = 128_000, seconds = 2): Uint8Array[] {
  const encoder = new Encoder({ channels: 2, sample_rate: 48_000, application: "audio" });
  encoder.bitrate = bitrate;
  const pcm = tone(seconds, 1000);
  const packets: Uint8Array[] = [];
  for (let at = 0; at + samples * 2 <= pcm.length; at += samples * 2) {
    packets.push(encoder.encode(pcm.subarray(at, at + samples * 2)));
  }
  return packets;
}

describe("Opus packets", () => {
  test("are as long as the decoder says", () => {
    for (const samples of [120, 240, 480, 960, 1920, 2880]) {
      const packets = packetsOf(samples);
      expect(packets.every((packet) => packetSamples(packet) === samples)).toBe(true);
      expect(decodeOpus(packets.map((data) => ({ data }))).length).toBe(packets.length * samples * 2);
    }
  });

  test("of frames that were put together come apart again", () => {
    const frame = fc.uint8Array({ minLength: 0, maxLength: 1275 });
    fc.assert(
      fc.property(
        fc.integer({ min: 16, max: 31 }),
        fc.boolean(),
        fc.array(frame, { minLength: 1, maxLength: 6 }),
        (config, stereo, frames) => {
          const toc = (config << 3) | (stereo ? 4 : 0);
          const packet = readPacket(writePacket(toc, frames));
          expect(packet?.toc).toBe(toc);
          expect(packet?.frames.map((each) => Buffer.from(each))).toEqual(frames.map((each) => Buffer.from(each)));
        },
      ),
      { seed: 21, numRuns: 300 },
    );
  });

  test("padding, one size for all, and too much are read as RFC 6716 has it", () => {
    const of = (...bytes: number[]) => readPacket(Uint8Array.from(bytes));
    const toc = 31 << 3;
    expect(of()).toBeUndefined();
    expect(of(toc)?.frames.map(({ length }) => length)).toEqual([0]);
    expect(of(toc | 1, 1, 2)?.frames.map((each) => [...each])).toEqual([[1], [2]]);
    expect(of(toc | 1, 1, 2, 3)).toBeUndefined();
    expect(of(toc | 2, 1, 7, 8, 9)?.frames.map((each) => [...each])).toEqual([[7], [8, 9]]);
    expect(of(toc | 2, 9, 7)).toBeUndefined();
    expect(of(toc | 3, 0x42, 3, 1, 2, 0, 0, 0)?.frames.map((each) => [...each])).toEqual([[1], [2]]);
    expect(of(toc | 3, 0x42, 9, 1, 2)).toBeUndefined();
    expect(of(toc | 3, 0)).toBeUndefined();
    // 7 × 20 ms is more than a packet may have, and a frame has 1275 bytes at most.
    expect(of(toc | 3, 7, ...Array<number>(7).fill(0))).toBeUndefined();
    expect(of(toc, ...Array<number>(1276).fill(0))).toBeUndefined();
  });

  test("are never read beyond their end, whatever they hold", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const samples = packetSamples(bytes);
        expect(samples === undefined || (samples > 0 && samples <= 5760)).toBe(true);
      }),
      { seed: 22, numRuns: 5000 },
    );
  });
});

describe("the grid of 20 ms", () => {
  test.each([120, 240, 480, 1920, 2880])("packets of %i samples get onto it without decoding", (samples) => {
    const grid = createOpusGrid();
    const packets = packetsOf(samples).flatMap((data) => grid.push(data) ?? []);
    expect(packets).toHaveLength(100 - (96_000 % samples) / 960);
    expect(packets.every((packet) => packetSamples(packet) === 960)).toBe(true);
    const sound = heard(channel(decodeOpus(packets.map((data) => ({ data }))), 0), 0.5, 1.8);
    expect(sound.frequency).toBeCloseTo(1000, 1);
    expect(sound.amplitude).toBeCloseTo(0.5, 1);
  });

  test("a packet of 20 ms goes through untouched, whatever its frames", () => {
    const grid = createOpusGrid();
    const halves = packetsOf(480)
      .slice(0, 2)
      .map((data) => readPacket(data)?.frames[0] as Uint8Array);
    const two = writePacket((packetsOf(480)[0] as Uint8Array)[0] as number & 0xfc, halves);
    expect(grid.push(two)).toEqual([two]);
  });

  test("speech frames of 60 ms do not", () => {
    expect(createOpusGrid().push(packetsOf(2880, 12_000)[5] as Uint8Array)).toBeUndefined();
  });
});

describe("packets that a publisher numbers", () => {
  const data = opusPackets(tone(1, 1000)).map((packet) => packet.data);
  const lostOf = (packets: readonly (readonly [sequence: number, pts: number])[]) => {
    const collected = collect();
    const reader = createPacketReader(2, collected);
    const taken = packets.map(([sequence, pts], at) => reader.push({ sequence, pts, data: data[at] as Uint8Array }));
    return { taken, lost: collected.units.map(({ lost }) => lost), faults: reader.faults };
  };

  test("twice or late are dropped", () => {
    const { taken, faults } = lostOf([
      [5, 0],
      [6, 960],
      [6, 960],
      [4, 0],
      [7, 1920],
    ]);
    expect(taken).toEqual([true, true, false, false, true]);
    expect(faults).toEqual({ skippedBytes: 0, damaged: 0, late: 2, lostSamples: 0 });
  });

  test("with a hole in their sequence have lost something, with pts and without", () => {
    expect(
      lostOf([
        [5, 0],
        [6, 960],
        [9, 3840],
      ]).lost,
    ).toEqual([0, 0, 1920]);
    expect(
      lostOf([
        [5, 0],
        [6, 0],
        [9, 0],
        [10, 0],
      ]).lost,
    ).toEqual([0, 0, 1920, 0]);
    expect(
      lostOf([
        [5, 77_000],
        [6, 77_960],
        [7, 78_920 + 960],
      ]).lost,
    ).toEqual([0, 0, 960]);
  });

  test("that are no Opus are refused", () => {
    const reader = createPacketReader(2, collect());
    expect(reader.push({ sequence: 1, pts: 0, data: Uint8Array.of(0xff, 0xff, 0xff) })).toBe(false);
    expect(reader.faults.damaged).toBe(1);
  });
});
