import { describe, expect, test } from "vitest";
import { createPeaks, levelOf } from "#src/stream/audio/index.ts";
import { createOpusDecoder } from "#src/stream/audio/opus/decoder.ts";
import { createPcmGrid } from "#src/stream/audio/pcm-grid.ts";
import { createResampler } from "#src/stream/audio/resample.ts";
import { channel, heard, opusPackets, rate, tone } from "./sound.ts";

describe("resampling to 48 kHz", () => {
  const cases = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100].flatMap((from) =>
    [0.02, 0.2, 0.4].map((part) => [from, Math.round(from * part)] as const),
  );
  test.each(cases)("from %i Hz a tone of %i Hz stays one", (from, hz) => {
    const resampler = createResampler(from, 1);
    const source = Float32Array.from({ length: from * 2 }, (_, at) => 0.5 * Math.sin((2 * Math.PI * hz * at) / from));
    const parts: Int16Array[] = [];
    for (let at = 0, size = 1; at < source.length; at += size, size = (size * 7) % 1153) {
      parts.push(resampler.push([source.subarray(at, at + size)]));
    }
    const pcm = Int16Array.from(parts.flatMap((part) => [...part]));
    expect(pcm.length / 2).toBeGreaterThanOrEqual(rate * 2);
    expect(pcm.length / 2).toBeLessThanOrEqual(rate * 2 + 1);
    const sound = heard(channel(pcm, 0), 0.2, 1.8);
    expect(sound.frequency).toBeCloseTo(hz, 1);
    expect(20 * Math.log10(sound.amplitude / 0.5)).toBeCloseTo(0, 1);
    expect(sound.otherDb).toBeLessThan(-60);
  });
});

describe("the grid", () => {
  const grid = (start: number) => {
    const blocks: { sequence: number; first: number; last: number }[] = [];
    const made = createPcmGrid(start, ({ sequence, pcm }) =>
      blocks.push({ sequence, first: pcm[0] as number, last: pcm.at(-1) as number }),
    );
    return { made, blocks };
  };
  const ones = (samples: number) => new Int16Array(samples * 2).fill(1);

  test("leaves out what comes before its first block", () => {
    const { made, blocks } = grid(960 * 7 + 900);
    made.push(ones(60));
    made.push(ones(960));
    expect(blocks).toEqual([{ sequence: 8, first: 1, last: 1 }]);
  });

  test("fills a short hole with silence and leaves out a long one, to the sample", () => {
    const { made, blocks } = grid(0);
    made.push(ones(500));
    made.skip(1000, 2000);
    made.push(ones(420));
    expect(blocks.map(({ sequence, first, last }) => [sequence, first, last])).toEqual([
      [0, 1, 0],
      [1, 0, 1],
    ]);
    made.push(ones(100));
    made.skip(860 + 960 * 50 + 10, 2000);
    made.push(ones(950));
    expect(blocks.slice(2).map(({ sequence, first, last }) => [sequence, first, last])).toEqual([
      [2, 1, 0],
      [53, 0, 1],
    ]);
  });

  test("goes on where it is told, never back", () => {
    const { made, blocks } = grid(0);
    made.push(ones(10));
    made.goOnAt(1, 2000);
    made.goOnAt(3, 2000);
    made.goOnAt(2, 2000);
    made.push(ones(960));
    expect(blocks.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3]);
  });
});

describe("loudness", () => {
  test("of a tone is that of a tone", () => {
    const level = levelOf(3, tone(0.02, 1000, 1000, 0.8));
    expect(level.sequence).toBe(3);
    expect(level.peak).toBeCloseTo(0.8, 2);
    expect(level.rms).toBeCloseTo(Math.sqrt((0.8 ** 2 + 0.4 ** 2) / 4), 2);
    expect(levelOf(0, new Int16Array())).toEqual({ sequence: 0, peak: 0, rms: 0 });
  });

  test.each([1, 255, 256, 257, 512, 513, 10_000, 123_456])("the outline of %i peaks has at most 256 parts", (count) => {
    const peaks = createPeaks();
    const loudAt = Math.floor(count * 0.6);
    for (let at = 0; at < count; at += 1) peaks.add(at === loudAt ? 1 : 0.25);
    const parts = peaks.parts();
    expect(parts.length).toBeLessThanOrEqual(256);
    expect(parts.length).toBeGreaterThanOrEqual(Math.min(count, 128));
    expect(Math.abs(parts.indexOf(1) - (loudAt * parts.length) / count)).toBeLessThanOrEqual(2);
    expect(parts.filter((part) => part === 0.25)).toHaveLength(parts.length - 1);
  });
});

describe("what is missing", () => {
  test("is made up from the sound before it, and grows quieter", () => {
    const decoder = createOpusDecoder(0);
    const packets = opusPackets(tone(0.5, 1000));
    for (const { data } of packets) decoder.decode(data);
    const made = decoder.conceal(packets.at(-1)?.data ?? new Uint8Array(), 48_000);
    expect(made).toHaveLength(96_000);
    expect(levelOf(0, made.subarray(0, 960)).rms).toBeGreaterThan(0.2);
    expect(levelOf(0, made.subarray(-9600)).rms).toBeLessThan(0.02);
  });
});
