import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import {
  AudioFormatError,
  type ContainerKind,
  createOggMuxer,
  createSourceReader,
  createWebmMuxer,
} from "#src/stream/audio/index.ts";
import { cutAt, mp3File } from "./files.ts";
import { collect, opusPackets, seeded, tone } from "./sound.ts";

const files: Record<string, Uint8Array> = {};
const kinds = ["ogg", "webm", "mp3"] as const;

beforeAll(async () => {
  const packets = opusPackets(tone(2, 1000), 64_000);
  for (const [kind, muxer] of [
    ["ogg", createOggMuxer(1)],
    ["webm", createWebmMuxer()],
  ] as const) {
    files[kind] = Buffer.concat([muxer.header, ...muxer.push(packets).map(({ bytes }) => bytes)]);
  }
  files.mp3 = await mp3File(tone(2, 1000), 48_000, 2, 128);
});

/** Reads, whatever comes of it; only the one kind of error may be thrown. */
function survive(kind: ContainerKind, parts: readonly Uint8Array[]) {
  const collected = collect();
  const reader = createSourceReader(kind, collected);
  try {
    for (const part of parts) reader.push(part);
  } catch (error) {
    expect(error).toBeInstanceOf(AudioFormatError);
    return { ...collected, faults: reader.faults, fault: (error as AudioFormatError).fault };
  }
  return { ...collected, faults: reader.faults, fault: undefined };
}

describe.each([...kinds, "any"] as const)("bytes that are nothing, read as %s", (kind) => {
  test("are survived in pieces of any size", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 }), (parts) => {
        expect(survive(kind, parts).units.length).toBeLessThan(3);
      }),
      { seed: 31, numRuns: 150 },
    );
  });

  test("are said to be no audio before there are too many of them", () => {
    const random = seeded(32);
    const noise = Uint8Array.from({ length: 600_000 }, () => Math.floor(random() * 256));
    expect(survive(kind, [noise]).fault).toBe("not_audio");
    expect(survive(kind, [new Uint8Array(600_000)]).fault).toBe("not_audio");
  });
});

describe.each(kinds)("a file of %s", (kind) => {
  test("that breaks off anywhere is read as far as it goes", () => {
    const file = files[kind] as Uint8Array;
    fc.assert(
      fc.property(fc.nat(file.length), (end) => {
        const { faults, fault } = survive(kind, [file.subarray(0, end)]);
        expect(fault).toBeUndefined();
        expect(faults).toEqual({ skippedBytes: 0, damaged: 0, late: 0, lostSamples: 0 });
      }),
      { seed: 33, numRuns: 200 },
    );
  });

  test("with bytes changed, lost and put in between is survived, and what is wrong is counted", () => {
    const file = files[kind] as Uint8Array;
    const whole = survive(kind, [file]).units.length;
    const change = fc.record({
      at: fc.integer({ min: 600, max: file.length - 1 }),
      lost: fc.nat(400),
      put: fc.uint8Array({ maxLength: 400 }),
    });
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (changes, cuts) => {
          let spoilt = Buffer.from(file);
          for (const { at, lost, put } of changes) {
            spoilt = Buffer.concat([spoilt.subarray(0, at), put, spoilt.subarray(at + lost)]);
          }
          // And then whole files again, as of a source that goes on: damage swallows at most 64 KiB of them.
          const more = Array<Uint8Array>(5).fill(file);
          const { units, fault } = survive(kind, cutAt(Buffer.concat([spoilt, ...more]), cuts));
          if (fault === undefined) expect(units.length).toBeGreaterThanOrEqual(whole);
        },
      ),
      { seed: 34, numRuns: 300 },
    );
  });

  test("is given up when nothing follows but garbage", () => {
    const random = seeded(35);
    const noise = Uint8Array.from({ length: 3_000_000 }, () => Math.floor(random() * 256));
    expect(survive(kind, [files[kind] as Uint8Array, ...cutAt(noise, [1_000_000, 2_000_000])]).fault).toBe("damaged");
  });

  test("is known by its beginning, cut anywhere", () => {
    const file = files[kind] as Uint8Array;
    const whole = survive(kind, [file]).units.length;
    for (let at = 0; at < 8; at += 1) {
      expect(survive("any", cutAt(file, [at, at + 1])).units).toHaveLength(whole);
    }
  });
});

test("what is something else is said to be that", () => {
  const fault = (begin: readonly number[]) => survive("any", [Uint8Array.from([...begin, 0, 0, 0, 0])]).fault;
  expect(fault([0xff, 0xf1, 0x50, 0x80])).toBe("unsupported_codec");
  expect(fault([...Buffer.from("fLaC")])).toBe("unsupported_codec");
  expect(fault([...Buffer.from("RIFF")])).toBe("unsupported_codec");
  expect(fault([...Buffer.from("<htm")])).toBe("not_audio");
});
