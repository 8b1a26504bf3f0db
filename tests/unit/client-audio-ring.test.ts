import { expect, test } from "vitest";
import { createBlocks } from "#src/client/audio/worklet/blocks.ts";
import { createPlayerRing } from "#src/client/audio/worklet/player-ring.ts";

const RATE = 48_000;
const PACKET = 960;
const BLOCK = 128;

/** A ring, and what goes into it and comes out of it: samples that count upwards, so that each tells where it was. */
function setUp(target = 0.2) {
  const ring = createPlayerRing(RATE, target);
  let written = 0;
  let due = 0;
  const played: number[] = [];
  return {
    ring,
    played,
    push(packets: number, isBroken = false) {
      for (let packet = 0; packet < packets; packet += 1) {
        const plane = Float32Array.from({ length: PACKET }, (_, index) => (written + index + 1) / 1e6);
        written += PACKET;
        ring.push([plane], isBroken);
      }
    },
    play(seconds: number) {
      for (due += seconds * RATE; due >= BLOCK; due -= BLOCK) {
        const output = [new Float32Array(BLOCK), new Float32Array(BLOCK)];
        ring.read(output);
        played.push(...(output[0] as Float32Array));
        expect(output[1]).toEqual(output[0]);
      }
    },
  };
}

test("nothing is played before enough was gathered", () => {
  const { ring, push, play, played } = setUp();
  push(9);
  play(0.5);
  expect(Math.max(...played)).toBe(0);
  push(2);
  play(0.1);
  expect(ring.report()).toMatchObject({ isPlaying: true, underruns: 0 });
  expect(Math.max(...played)).toBeGreaterThan(0);
});

test("sound that comes evenly is played sample by sample", () => {
  const { push, play, played } = setUp();
  push(10);
  play(0.06);
  for (let packets = 0; packets < 100; packets += 1) {
    push(1);
    play(0.02);
  }
  const sound = played.filter((sample) => sample > 0).slice(300);
  const steps = sound.slice(1).map((sample, index) => Math.round((sample - (sound[index] as number)) * 1e6));
  expect(new Set(steps)).toEqual(new Set([1]));
});

test("what comes in one go at the beginning does not make it late", () => {
  const { ring, push, play } = setUp();
  push(25);
  play(0.07);
  expect(ring.report().buffered).toBeLessThanOrEqual(0.2 * RATE);
});

test("a ring that runs dry says so, fades, and gathers more from then on", () => {
  const { ring, push, play, played } = setUp();
  push(10);
  play(0.5);
  expect(ring.report()).toMatchObject({ isPlaying: false, underruns: 1, buffered: 0 });
  expect(played.at(-1)).toBe(0);
  push(10);
  play(0.1);
  expect(ring.report().isPlaying).toBe(false);
  push(5);
  play(0.1);
  expect(ring.report()).toMatchObject({ isPlaying: true, underruns: 1 });
});

test("more than is needed is played a little faster until it is gone", () => {
  const { ring, push, play } = setUp();
  push(10);
  play(0.07);
  push(20);
  const before = ring.report().buffered;
  for (let packets = 0; packets < 2500; packets += 1) {
    push(1);
    play(0.02);
  }
  const after = ring.report().buffered;
  expect(after).toBeLessThan(before - 0.2 * RATE);
  expect(after).toBeGreaterThan(0.1 * RATE);
  expect(ring.report().underruns).toBe(0);
});

test("less than is needed is played a little slower", () => {
  const { ring, push, play } = setUp(0.1);
  push(5);
  play(0.06);
  const before = ring.report().buffered;
  for (let packets = 0; packets < 1000; packets += 1) {
    push(1);
    play(0.02);
  }
  expect(ring.report().buffered).toBeGreaterThan(before + 0.05 * RATE);
});

test("what piled up while the machine slept is passed over", () => {
  const { ring, push, play } = setUp();
  push(10);
  play(0.07);
  push(500);
  expect(ring.report().buffered).toBeLessThan(1.3 * RATE);
});

test("sound that begins anew fades in", () => {
  const ring = createPlayerRing(RATE, 0.02);
  const loud = () => [new Float32Array(PACKET).fill(1)];
  ring.push(loud(), true);
  ring.push(loud(), false);
  ring.push(loud(), false);
  ring.push(loud(), true);
  const output: number[] = [];
  for (let block = 0; block < 50; block += 1) {
    const planes = [new Float32Array(BLOCK)];
    ring.read(planes);
    output.push(...(planes[0] as Float32Array));
  }
  const steps = output.slice(1).map((sample, index) => Math.abs(sample - (output[index] as number)));
  expect(Math.max(...steps)).toBeLessThan(0.05);
  expect(Math.max(...output)).toBe(1);
});

test("a ring that is cleared forgets, and plays what comes", () => {
  const { ring, push, play } = setUp();
  push(10);
  play(0.07);
  ring.clear();
  expect(ring.report()).toMatchObject({ buffered: 0, isPlaying: false, underruns: 0 });
  ring.setTarget(0.1);
  push(5);
  play(0.07);
  expect(ring.report().isPlaying).toBe(true);
});

test("pieces of any length become blocks of one", () => {
  const blocks: Float32Array[][] = [];
  const gather = createBlocks(2, 5, (planes) => blocks.push(planes));
  gather.add([Float32Array.of(1, 2, 3)], 3);
  gather.add([Float32Array.of(4, 5, 6, 7), Float32Array.of(40, 50, 60, 70)], 4);
  gather.add([], 3);
  expect(blocks).toEqual([
    [Float32Array.of(1, 2, 3, 4, 5), Float32Array.of(1, 2, 3, 40, 50)],
    [Float32Array.of(6, 7, 0, 0, 0), Float32Array.of(60, 70, 0, 0, 0)],
  ]);
});
