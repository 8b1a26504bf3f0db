import { Worker } from "node:worker_threads";
import { expect, test, vi } from "vitest";
import { type AudioPacket, createLadderPool, createSourceReader } from "#src/stream/audio/index.ts";
import { createMp3Decoder } from "#src/stream/audio/mp3/decoder.ts";
import { mp3File } from "./files.ts";
import { collect, opusPackets, seeded, tone } from "./sound.ts";

const original = Worker.prototype.postMessage;
const format = { codec: "opus", sampleRate: 48_000, channels: 2, bitrate: 0, gain: 0 } as const;

async function until(done: () => boolean): Promise<void> {
  for (let waited = 0; !done(); waited += 5) {
    if (waited > 20_000) throw new Error("it never came");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("a worker that dies is replaced, and its ladders go on where they were", async () => {
  const threads: Worker[] = [];
  const post = vi.spyOn(Worker.prototype, "postMessage").mockImplementation(function (this: Worker, ...message) {
    if (!threads.includes(this)) threads.push(this);
    return original.apply(this, message);
  });
  const broke: unknown[] = [];
  const packets: AudioPacket[] = [];
  try {
    await using pool = createLadderPool({ broke: (error) => broke.push(error) });
    const source = opusPackets(tone(6, 1000), 300_000);
    using ladder = pool.open({ packets: (_, more) => packets.push(...more) });
    ladder.begin(format);
    for (const { data } of source.slice(0, 60)) ladder.push({ data, samples: 960, lost: 0 });
    ladder.want("opus-low");
    for (let death = 0; death < 3; death += 1) {
      for (const { data } of source.slice(60 + death * 60, 120 + death * 60))
        ladder.push({ data, samples: 960, lost: 0 });
      await until(() => packets.length > 40 + death * 60);
      await threads.at(-1)?.terminate();
      await until(() => broke.length === death + 1);
    }
    for (const { data } of source.slice(240, 300)) ladder.push({ data, samples: 960, lost: 0 });
    await until(() => packets.at(-1)?.sequence === 298);
    expect(packets.map(({ sequence }) => sequence)).toEqual(packets.map((_, at) => at + (packets[0]?.sequence ?? 0)));
    expect(ladder.making("opus-low")).toBe("encoded");
    // Again and again is too much: then it is said that nothing can be encoded.
    let changed = 0;
    using second = pool.open({ packets() {}, changed: () => (changed += 1) });
    second.begin({ ...format, gain: 1 });
    second.want("opus-low");
    for (let death = 3; death < 5; death += 1) {
      await threads.at(-1)?.terminate();
      await until(() => broke.length === death + 1);
    }
    expect(ladder.making("opus-low")).toBe("unavailable");
    expect(ladder.making("opus-source")).toBe("passthrough");
    expect(changed).toBeGreaterThan(0);
  } finally {
    post.mockRestore();
  }
});

test("a worker that does not answer is replaced as well", async () => {
  let hanging: Worker | undefined;
  const post = vi.spyOn(Worker.prototype, "postMessage").mockImplementation(function (this: Worker, ...message) {
    hanging ??= this;
    const { kind } = message[0] as { kind: string };
    if (this !== hanging || kind !== "units") original.apply(this, message);
  });
  const now = performance.now.bind(performance);
  const broke: unknown[] = [];
  const packets: AudioPacket[] = [];
  try {
    await using pool = createLadderPool({ broke: (error) => broke.push(error) });
    using ladder = pool.open({ packets: (_, more) => packets.push(...more) });
    ladder.begin(format);
    for (const { data } of opusPackets(tone(2, 1000), 300_000)) ladder.push({ data, samples: 960, lost: 0 });
    ladder.want("opus-low", 1000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(packets).toEqual([]);
    vi.spyOn(performance, "now").mockImplementation(() => now() + 11_000);
    await until(() => packets.length === 49);
    expect(broke).toEqual([new Error("the audio worker does not answer")]);
  } finally {
    post.mockRestore();
    vi.restoreAllMocks();
  }
});

test("MP3 frames whose insides are noise are decoded or refused, and the decoder goes on", async () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  const random = seeded(51);
  const collected = collect();
  createSourceReader("mp3", collected).push(await mp3File(tone(3, 1000), 44_100, 2, 128));
  using decoder = await createMp3Decoder({ sampleRate: 44_100, channels: 2 });
  let samples = 0;
  for (const [at, { data }] of collected.units.entries()) {
    const frame = Uint8Array.from(data, (byte, offset) =>
      offset >= 4 && at % 3 === 0 && random() < 0.5 ? random() * 256 : byte,
    );
    try {
      samples += decoder.decode(frame).length / 2;
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
  }
  expect(samples).toBeGreaterThan(48_000);
  said.mockRestore();
});
