import { Worker } from "node:worker_threads";
import { expect, test, vi } from "vitest";
import { type AudioPacket, createLadderPool } from "#src/stream/audio/index.ts";
import { opusPackets, tone } from "./sound.ts";

// So that a test need not wait a minute.
vi.mock(import("#src/stream/audio/bounds.ts"), async (original) => {
  const { bounds } = await original();
  return { bounds: { ...bounds, workerDeaths: 2, workerRestMs: 300 } } as never;
});

test("after workers died again and again it is tried again, and what is still wanted is made", async () => {
  const threads: Worker[] = [];
  const original = Worker.prototype.postMessage;
  const post = vi.spyOn(Worker.prototype, "postMessage").mockImplementation(function (this: Worker, ...message) {
    if (!threads.includes(this)) threads.push(this);
    return original.apply(this, message);
  });
  try {
    let deaths = 0;
    await using pool = createLadderPool({ broke: () => (deaths += 1) });
    const packets: AudioPacket[] = [];
    let changed = 0;
    using ladder = pool.open({ packets: (_, more) => packets.push(...more), changed: () => (changed += 1) });
    const source = opusPackets(tone(2, 1000), 300_000);
    const push = (from: number) => {
      for (const { data } of source.slice(from, from + 20)) ladder.push({ data, samples: 960, lost: 0 });
    };
    ladder.begin({ codec: "opus", sampleRate: 48_000, channels: 2, bitrate: 0, gain: 1 });
    ladder.want("opus-low");
    for (const death of [1, 2]) {
      push(death * 20);
      await expect.poll(() => threads.length).toBe(death);
      await threads.at(-1)?.terminate();
      await expect.poll(() => deaths).toBe(death);
    }
    expect(ladder.making("opus-low")).toBe("unavailable");
    const before = changed;
    await expect.poll(() => ladder.making("opus-low")).toBe("encoded");
    expect(changed).toBeGreaterThan(before);
    packets.length = 0;
    push(60);
    await expect.poll(() => packets.length).toBeGreaterThan(10);
  } finally {
    post.mockRestore();
  }
});
