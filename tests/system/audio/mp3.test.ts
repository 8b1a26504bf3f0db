import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSourceReader } from "#src/stream/audio/index.ts";
import { createMp3Decoder } from "#src/stream/audio/mp3/decoder.ts";
import { readHeader } from "#src/stream/audio/mp3/header.ts";
import { cutAt, id3, mp3File } from "./files.ts";
import { channel, collect, heard, rate, tone } from "./sound.ts";

const clean = { skippedBytes: 0, damaged: 0, late: 0, lostSamples: 0 };

function read(parts: readonly Uint8Array[]) {
  const collected = collect();
  const reader = createSourceReader("mp3", collected);
  for (const part of parts) reader.push(part);
  return { ...collected, faults: { ...reader.faults } };
}

/** A tone that has this rate: its sound at 48 kHz, taken as if it were. */
const toneAt = (sampleRate: number, hz: number, seconds: number) =>
  tone((seconds * sampleRate) / rate, (hz * rate) / sampleRate);

describe("MP3", () => {
  const rates = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000] as const;
  test.each(rates.flatMap((sampleRate) => [[sampleRate, 1] as const, [sampleRate, 2] as const]))(
    "%i Hz with %i channels is cut into frames and decoded to its tone at 48 kHz",
    async (sampleRate, channels) => {
      const file = await mp3File(toneAt(sampleRate, 700, 3), sampleRate, channels, 64);
      const { formats, units, faults } = read([file]);
      expect(faults).toEqual(clean);
      expect(formats).toEqual([{ codec: "mp3", sampleRate, channels, bitrate: 64_000, gain: 0 }]);
      expect(units.every(({ samples }) => samples === (sampleRate < 32_000 ? 576 : 1152))).toBe(true);
      expect(Buffer.concat(units.map((unit) => unit.data))).toEqual(Buffer.from(file));
      using decoder = await createMp3Decoder({ sampleRate, channels });
      const pcm = Int16Array.from(units.flatMap((unit) => [...decoder.decode(unit.data)]));
      const frames = units.reduce((sum, { samples }) => sum + samples, 0) / sampleRate;
      expect(pcm.length / 2 / rate).toBeGreaterThan(frames - 0.2);
      expect(pcm.length / 2 / rate).toBeLessThanOrEqual(frames + 1 / rate);
      const sound = heard(channel(pcm, 0), 0.5, 2);
      expect(sound.frequency).toBeCloseTo(700, 1);
      // LAME itself takes 5 % off below 192 kbit/s.
      expect(20 * Math.log10(sound.amplitude / 0.475)).toBeCloseTo(0, 0);
      expect(sound.otherDb).toBeLessThan(-30);
    },
  );

  test("every header of layer III has the size that the standard gives it", () => {
    const header = (bytes: readonly number[]) => readHeader((at) => bytes[at]);
    expect(header([0xff, 0xfb, 0x90, 0x00])).toMatchObject({
      sampleRate: 44_100,
      bitrate: 128_000,
      size: 417,
      channels: 2,
    });
    expect(header([0xff, 0xfb, 0x92, 0xc0])).toMatchObject({ size: 418, channels: 1 });
    expect(header([0xff, 0xf3, 0x80, 0x00])).toMatchObject({
      sampleRate: 22_050,
      bitrate: 64_000,
      samples: 576,
      size: 208,
    });
    expect(header([0xff, 0xe3, 0x80, 0x00])).toMatchObject({ sampleRate: 11_025, version: 2.5 });
    // Layers I and II, free format, no such rate, AAC.
    for (const [second, third] of [
      [0xff, 0x90],
      [0xfd, 0x90],
      [0xfb, 0x00],
      [0xfb, 0xf0],
      [0xfb, 0x9c],
      [0xf1, 0x90],
    ]) {
      expect(header([0xff, second as number, third as number, 0])).toBeUndefined();
    }
  });

  test("tags and facts of the file are taken out wherever they stand", async () => {
    const file = await mp3File(toneAt(44_100, 700, 1), 44_100, 2, 128);
    const whole = read([file]);
    const xing = Buffer.alloc(417);
    xing.set([0xff, 0xfb, 0x90, 0x00]);
    xing.write("Info", 36, "latin1");
    const { units, titles, faults } = read([id3("Ett"), xing, file, id3("Två", 300_000), xing, file]);
    expect(Buffer.concat(units.map((unit) => unit.data))).toEqual(
      Buffer.concat([...whole.units, ...whole.units].map((unit) => unit.data)),
    );
    expect(titles).toEqual([{ title: "Ett" }, { title: "Två" }]);
    expect(faults).toEqual(clean);
  });

  test("is the same cut in two at every byte", async () => {
    const file = Buffer.concat([id3("Ett"), (await mp3File(toneAt(8000, 700, 1), 8000, 1, 32)).subarray(0, 288 * 9)]);
    for (let at = 0; at <= file.length; at += 1) {
      const { units, faults } = read([file.subarray(0, at), file.subarray(at)]);
      expect(units).toHaveLength(9);
      expect(faults).toEqual(clean);
    }
  });

  test("is the same cut anywhere", async () => {
    const file = await mp3File(tone(2, 700), 48_000, 2, 128);
    const count = read([file]).units.length;
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 200 }), (places) => {
        const { units, faults } = read(cutAt(file, places));
        expect(units).toHaveLength(count);
        expect(faults).toEqual(clean);
      }),
      { seed: 13, numRuns: 60 },
    );
  });

  test("garbage is skipped and counted, and no more than the frames around it are lost", async () => {
    const file = await mp3File(tone(2, 700), 48_000, 2, 128);
    const { units } = read([file]);
    const noise = Buffer.from("neither \xff\xfb nor ID3 is a frame by itself", "latin1");
    const parts = units.map((unit) => unit.data);
    const spoilt = read([noise, ...parts.slice(0, 30), noise, ...parts.slice(30)]);
    expect(spoilt.units).toHaveLength(units.length);
    expect(spoilt.faults).toMatchObject({ skippedBytes: noise.length * 2, damaged: 1 });
  });

  test("a frame is passed on as soon as it is whole", async () => {
    const parts = read([await mp3File(tone(1, 700), 48_000, 2, 128)]).units.map((unit) => unit.data);
    const collected = collect();
    const reader = createSourceReader("mp3", collected);
    reader.push(Buffer.concat(parts.slice(0, 2)));
    // The first is only believed when another follows.
    for (const [at, part] of parts.slice(2, 12).entries()) {
      reader.push(part);
      expect(collected.units).toHaveLength(at + 3);
    }
  });

  test("a source that changes its rate says so", async () => {
    const [one, two] = [
      await mp3File(tone(1, 700), 48_000, 2, 128),
      await mp3File(toneAt(22_050, 700, 1), 22_050, 1, 64),
    ];
    expect(read([one, two]).formats.map(({ sampleRate, channels }) => [sampleRate, channels])).toEqual([
      [48_000, 2],
      [22_050, 1],
    ]);
  });
});
