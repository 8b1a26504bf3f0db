import { afterAll, describe, expect, test } from "vitest";
import {
  type AudioPacket,
  createLadderPool,
  createSourceReader,
  type Ladder,
  type LadderOptions,
  type Level,
  type Quality,
  qualities,
  type Rendition,
  type SourceFormat,
} from "#src/stream/audio/index.ts";
import { mp3File } from "./files.ts";
import { channel, collect, decodeOpus, heard, opusPackets, seeded, tone } from "./sound.ts";

const broke: unknown[] = [];
const pool = createLadderPool({ broke: (error) => broke.push(error) });
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  expect(broke).toEqual([]);
});

const opusFormat: SourceFormat = { codec: "opus", sampleRate: 48_000, channels: 2, bitrate: 0, gain: 0 };

interface Listened {
  readonly ladder: Ladder;
  readonly levels: Level[];
  of(rendition: Rendition): AudioPacket[];
}

function open(options: Partial<LadderOptions> = {}, from = pool): Listened {
  const heardOf = new Map<Rendition, AudioPacket[]>();
  const levels: Level[] = [];
  const of = (rendition: Rendition): AudioPacket[] => {
    let packets = heardOf.get(rendition);
    if (packets === undefined) {
      packets = [];
      heardOf.set(rendition, packets);
    }
    return packets;
  };
  const ladder = from.open({
    packets: (rendition, packets) => of(rendition).push(...packets),
    levels: (more) => levels.push(...more),
    ...options,
  });
  return { ladder, levels, of };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(done: () => boolean): Promise<void> {
  for (let waited = 0; !done(); waited += 5) {
    if (waited > 20_000) throw new Error("it never came");
    await pause(5);
  }
}

/** Pushes packets as fast as they are worked on. */
async function play(ladder: Ladder, packets: readonly { readonly data: Uint8Array }[], at?: (index: number) => void) {
  for (const [index, { data }] of packets.entries()) {
    at?.(index);
    ladder.push({ data, samples: 960, lost: 0 });
    if (index % 10 === 9) await until(() => ladder.stats().lagMs < 400);
  }
  await until(() => ladder.stats().lagMs === 0);
  await pause(30);
}

function expectWhole(packets: readonly AudioPacket[]): void {
  for (const [at, { sequence, pts, duration }] of packets.entries()) {
    const before = packets[at - 1];
    if (before !== undefined) expect([sequence, pts]).toEqual([before.sequence + 1, before.pts + before.duration]);
    expect(pts).toBe(sequence * 960);
    expect(duration).toBe(960);
  }
}

const opus = (quality: Quality) => `opus-${quality}` as const;
const big = opusPackets(tone(6, 1000, 1500), 330_000);

describe("the ladder", () => {
  test("passes on what is small enough, byte for byte", async () => {
    const packets = opusPackets(tone(2, 1000), 60_000);
    const { ladder, of } = open({ firstSequence: 700 });
    using _ = ladder;
    expect(ladder.making("opus-source")).toBe("unavailable");
    for (const quality of qualities) ladder.want(opus(quality));
    ladder.want("opus-source");
    ladder.begin(opusFormat);
    await play(ladder, packets);
    for (const rendition of ["opus-source", ...qualities.map(opus)] as Rendition[]) {
      expect(ladder.making(rendition)).toBe("passthrough");
      expect(of(rendition).map(({ data }) => Buffer.from(data))).toEqual(packets.map(({ data }) => Buffer.from(data)));
      expectWhole(of(rendition));
      expect(of(rendition)[0]?.sequence).toBe(700);
    }
    expect(ladder.stats()).toEqual({ sourceBitrate: expect.any(Number), lagMs: 0, droppedMs: 0, damaged: 0 });
    expect(ladder.making("mp3-source")).toBe("unavailable");
  });

  test("makes each quality that is wanted, at its bitrate, and all sound alike at the same place", async () => {
    const { ladder, of } = open();
    using _ = ladder;
    ladder.begin(opusFormat);
    await play(ladder, big.slice(0, 100));
    for (const quality of ["low", "medium", "high"] as const) ladder.want(opus(quality), 1000);
    ladder.want("opus-source", 1000);
    await play(ladder, big.slice(100));
    const source = of("opus-source");
    const original = channel(decodeOpus(source), 0);
    for (const [quality, bitrate] of [
      ["low", 64_000],
      ["medium", 128_000],
      ["high", 256_000],
    ] as const) {
      expect(ladder.making(opus(quality))).toBe("encoded");
      const packets = of(opus(quality));
      expectWhole(packets);
      expect(packets[0]?.sequence).toBe(source[0]?.sequence);
      expect(packets.length).toBeGreaterThanOrEqual(source.length - 1);
      const bits = (packets.reduce((sum, { data }) => sum + data.length, 0) * 8) / (packets.length * 0.02);
      expect(bits / bitrate).toBeGreaterThan(0.6);
      expect(bits / bitrate).toBeLessThan(1.25);
      const pcm = decodeOpus(packets);
      for (const [which, hz, amplitude] of [
        [0, 1000, 0.5],
        [1, 1500, 0.25],
      ] as const) {
        const sound = heard(channel(pcm, which), 1, 4);
        expect(sound.frequency).toBeCloseTo(hz, 1);
        expect(20 * Math.log10(sound.amplitude / amplitude)).toBeCloseTo(0, 0);
        expect(sound.otherDb).toBeLessThan(-25);
      }
      // Not only as loud and as high, but at the same moment: what is left after taking one from the other is small.
      const own = channel(pcm, 0);
      let [left, all] = [0, 0];
      for (let at = 48_000; at < 150_000; at += 1) {
        left += ((own[at] as number) - (original[at] as number)) ** 2;
        all += (original[at] as number) ** 2;
      }
      expect(10 * Math.log10(left / all)).toBeLessThan(-20);
    }
    expect(of("opus-ultra")).toEqual([]);
  });

  test("100 random switches between renditions leave no gap, nothing twice, and one clean tone", async () => {
    const { ladder, of } = open();
    using _ = ladder;
    const random = seeded(41);
    const renditions: Rendition[] = ["opus-low", "opus-medium", "opus-high", "opus-source"];
    ladder.begin(opusFormat);
    await play(ladder, big.slice(0, 60));
    let current: Rendition = "opus-source";
    let next: Rendition | undefined;
    let switches = 0;
    const listened: AudioPacket[] = [];
    ladder.want(current);
    let pushed = 60;
    /** As a listener does: a little behind, with the next sequence, in the new rendition as soon as it has it. */
    const listen = (): void => {
      for (;;) {
        const wanted = (listened.at(-1)?.sequence ?? 59) + 1;
        if (wanted > pushed - 4) return;
        const better = next && of(next).find(({ sequence }) => sequence === wanted);
        if (next !== undefined && better !== undefined) {
          ladder.unwant(current);
          current = next;
          next = undefined;
          switches += 1;
          listened.push(better);
          continue;
        }
        const packet = of(current).find(({ sequence }) => sequence === wanted);
        if (packet === undefined) return;
        listened.push(packet);
        if (next === undefined && random() < 0.7) {
          const others = renditions.filter((rendition) => rendition !== current);
          next = others[Math.floor(random() * others.length)] as Rendition;
          ladder.want(next);
        }
      }
    };
    for (let round = 0; switches < 100; round += 1) {
      const part = big.slice(60, 300);
      for (let at = 0; at < part.length && switches < 100; at += 1) {
        ladder.push({ data: (part[at] as AudioPacket).data, samples: 960, lost: 0 });
        pushed += 1;
        if (at % 4 === 3) await until(() => ladder.stats().lagMs === 0);
        listen();
      }
      expect(round).toBeLessThan(6);
    }
    expectWhole(listened);
    expect(listened[0]?.sequence).toBe(60);
    // The source repeats every 240 packets: between two of those the tone is one.
    const sound = heard(channel(decodeOpus(listened.slice(0, 230)), 0), 0.5, 4.4);
    expect(sound.frequency).toBeCloseTo(1000, 0);
    expect(20 * Math.log10(sound.amplitude / 0.5)).toBeCloseTo(0, 0);
    expect(sound.otherDb).toBeLessThan(-22);
  });

  test("begins a rendition with what was heard before, and ends it when nobody wants it", async () => {
    const { ladder, of } = open();
    using _ = ladder;
    ladder.begin(opusFormat);
    await play(ladder, big.slice(0, 150));
    ladder.want("opus-low", 2000);
    ladder.want("opus-low");
    ladder.want("mp3-medium", 1000);
    await until(() => of("opus-low").length >= 99 && of("mp3-medium").length > 30);
    expect(of("opus-low")[0]?.sequence).toBe(50);
    ladder.unwant("opus-low");
    await play(ladder, big.slice(150, 180));
    expect(of("opus-low").length).toBeGreaterThanOrEqual(129);
    ladder.unwant("opus-low");
    ladder.unwant("mp3-medium");
    const { length } = of("opus-low");
    await play(ladder, big.slice(180, 220));
    expect(of("opus-low")).toHaveLength(length);
    // And it may be wanted again: never going back.
    ladder.want("opus-low", 2000);
    await play(ladder, big.slice(220, 260));
    const after = of("opus-low").slice(length);
    expect(after[0]?.sequence).toBeGreaterThan(of("opus-low")[length - 1]?.sequence ?? 0);
    expectWhole(after);
  });

  test("makes Opus and MP3 of an MP3, and passes the MP3 on", async () => {
    const { ladder, of, levels } = open();
    using _ = ladder;
    const file = await mp3File(tone(4, 1000), 48_000, 2, 128);
    for (const rendition of ["mp3-source", "mp3-medium", "mp3-low", "opus-high", "opus-low"] as const)
      ladder.want(rendition);
    ladder.want("opus-source");
    ladder.levels(true);
    const collected = collect();
    const reader = createSourceReader("mp3", {
      ...collected,
      format: (format) => ladder.begin(format),
      unit(unit) {
        collected.unit(unit);
        ladder.push(unit);
      },
    });
    for (let at = 0; at < file.length; at += 2000) {
      reader.push(file.subarray(at, at + 2000));
      await until(() => ladder.stats().lagMs < 400);
    }
    await until(() => ladder.stats().lagMs === 0);
    await pause(30);
    expect(ladder.making("opus-source")).toBe("unavailable");
    expect(ladder.making("mp3-medium")).toBe("passthrough");
    expect(ladder.making("mp3-low")).toBe("encoded");
    const bytes = Buffer.concat(collected.units.map(({ data }) => data));
    for (const rendition of ["mp3-source", "mp3-medium"] as const) {
      expect(Buffer.concat(of(rendition).map(({ data }) => data))).toEqual(bytes);
      expect(of(rendition).map(({ sequence }) => sequence)).toEqual(of(rendition).map((_, at) => at));
      expect(of(rendition).every(({ pts }, at) => pts === at * 1152)).toBe(true);
    }
    expect(of("mp3-low").length * 0.024).toBeGreaterThan(3.8);
    for (const rendition of ["opus-high", "opus-low"] as const) {
      expectWhole(of(rendition));
      const sound = heard(channel(decodeOpus(of(rendition)), 0), 0.5, 3.5);
      expect(sound.frequency).toBeCloseTo(1000, 1);
      expect(sound.otherDb).toBeLessThan(-25);
    }
    expect(levels.length).toBeGreaterThan(195);
    expect(levels.map(({ sequence }) => sequence)).toEqual(levels.map((_, at) => at));
    expect(levels[100]?.peak).toBeCloseTo(0.475, 1);
  });

  test("goes on without a gap when another source follows, of whatever kind", async () => {
    let changes = 0;
    const { ladder, of } = open({ firstSequence: 40, changed: () => (changes += 1) });
    using _ = ladder;
    ladder.want("opus-low");
    ladder.want("opus-medium");
    ladder.begin(opusFormat);
    await play(ladder, opusPackets(tone(1.5, 1000), 60_000));
    const file = await mp3File(tone(1.5, 1000), 48_000, 2, 128);
    const reader = createSourceReader("mp3", { ...collect(), format: ladder.begin, unit: ladder.push });
    reader.push(file);
    await until(() => ladder.stats().lagMs === 0);
    expect(ladder.making("opus-low")).toBe("encoded");
    ladder.begin(opusFormat);
    await play(ladder, opusPackets(tone(1.5, 1000), 60_000));
    expect(ladder.making("opus-low")).toBe("passthrough");
    ladder.begin({ ...opusFormat, channels: 1 });
    await play(ladder, big);
    expect(ladder.making("opus-low")).toBe("encoded");
    for (const rendition of ["opus-low", "opus-medium"] as const) {
      expectWhole(of(rendition));
      expect(of(rendition)[0]?.sequence).toBe(40);
      expect(of(rendition).length).toBeGreaterThan(75 + 75 + 75 + 295);
    }
    expect(changes).toBeGreaterThanOrEqual(4);
  });

  test("packets that fit no grid are encoded, also as the source's own rendition", async () => {
    const { Encoder } = await import("@evan/opus");
    const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: "voip" });
    encoder.bitrate = 14_000;
    const pcm = tone(4, 300);
    const mono = Int16Array.from({ length: pcm.length / 2 }, (_, at) => pcm[at * 2] as number);
    // All of it before the worker begins: the codec is not made for two threads.
    const packets: Uint8Array[] = [];
    for (let at = 0; at + 2880 <= mono.length; at += 2880) packets.push(encoder.encode(mono.subarray(at, at + 2880)));
    const { ladder, of } = open();
    using _ = ladder;
    ladder.want("opus-source");
    ladder.want("opus-low");
    ladder.begin({ ...opusFormat, channels: 1 });
    for (const data of packets) {
      ladder.push({ data, samples: 2880, lost: 0 });
      await until(() => ladder.stats().lagMs < 300);
    }
    await until(() => ladder.stats().lagMs === 0);
    await pause(30);
    for (const rendition of ["opus-source", "opus-low"] as const) {
      expect(ladder.making(rendition)).toBe("encoded");
      expectWhole(of(rendition));
      expect(of(rendition).length).toBeGreaterThan(190);
      expect(heard(channel(decodeOpus(of(rendition)), 0), 1, 3.5).frequency).toBeCloseTo(300, 0);
    }
  });

  test("what the source lost is made up, so that nothing is missing downstream", async () => {
    const { ladder, of } = open();
    using _ = ladder;
    ladder.want("opus-source");
    ladder.begin(opusFormat);
    for (const { data } of big.slice(0, 50)) ladder.push({ data, samples: 960, lost: 0 });
    ladder.push({ data: big[60]?.data as Uint8Array, samples: 960, lost: 9600 });
    expectWhole(of("opus-source"));
    expect(of("opus-source")).toHaveLength(61);
    expect(decodeOpus(of("opus-source"))).toHaveLength(61 * 1920);
  });

  test("who comes faster than it can be encoded loses the oldest, counted, and no memory is lost to it", async () => {
    const { ladder, of } = open();
    using _ = ladder;
    ladder.begin(opusFormat);
    await play(ladder, big.slice(0, 60));
    ladder.want("opus-low", 0);
    for (let round = 0; round < 10; round += 1)
      for (const { data } of big) ladder.push({ data, samples: 960, lost: 0 });
    expect(ladder.stats().lagMs).toBeLessThanOrEqual(5000 + 420);
    await until(() => ladder.stats().lagMs === 0);
    await pause(30);
    expect(ladder.stats().droppedMs).toBeGreaterThan(50_000);
    const sequences = of("opus-low").map(({ sequence }) => sequence);
    expect(sequences.at(-1)).toBeGreaterThan(60 + 3000 - 5);
    expect(sequences.every((sequence, at) => at === 0 || sequence > (sequences[at - 1] as number))).toBe(true);
  });

  test("what no decoder can read is counted and bridged", async () => {
    const { ladder, of } = open();
    using _ = ladder;
    ladder.begin(opusFormat);
    await play(ladder, big.slice(0, 60));
    ladder.want("opus-low", 0);
    const random = seeded(42);
    const spoilt = big.slice(60, 200).map(({ data }, at) => {
      if (at % 5 !== 0) return { data };
      const noise = Uint8Array.from(data, () => Math.floor(random() * 256));
      // Of 20 ms by its first byte, but what follows is none.
      return { data: at % 10 === 0 ? noise.fill(0xff, 0, 1) : Uint8Array.of(0xfd, 1, 2) };
    });
    await play(ladder, spoilt);
    expect(ladder.stats().damaged).toBeGreaterThan(10);
    expectWhole(of("opus-low"));
    expect(of("opus-low").length).toBeGreaterThan(135);
  });
});
