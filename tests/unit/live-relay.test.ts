import { describe, expect, test } from "vitest";
import type { StreamId } from "#src/platform/ids.ts";
import type { AudioPacket, Rendition } from "#src/stream/audio/index.ts";
import { Numbering } from "#src/stream/live/numbering.ts";
import {
  packLevels,
  packPieces,
  packSound,
  soundSubject,
  unpackLevels,
  unpackPieces,
  unpackSound,
} from "#src/stream/live/sound-frames.ts";
import { seeded } from "../kit/seeded.ts";

const grid = (sequence: number): AudioPacket => ({
  sequence,
  pts: sequence * 960,
  duration: 960,
  data: Uint8Array.of(sequence & 0xff),
});

describe("sound on its way between instances", () => {
  test("comes out as it went in, and not under another epoch", () => {
    const random = seeded(3);
    const below = (limit: number) => Math.floor(random() * limit);
    for (let round = 0; round < 200; round += 1) {
      const packets = Array.from({ length: below(6) }, () => ({
        sequence: below(2 ** 32),
        pts: below(2 ** 40),
        duration: below(5000),
        data: Buffer.from(Uint8Array.from({ length: below(1500) }, () => below(256))),
      }));
      const frame = packSound(round, packets);
      expect(unpackSound(round, frame)).toEqual(packets);
      expect(unpackSound(round + 1, frame)).toBeUndefined();
      const pieces = [frame, new Uint8Array(), frame.subarray(0, 4)];
      expect(unpackPieces(packPieces(pieces)).map((piece) => [...piece])).toEqual(pieces.map((piece) => [...piece]));
    }
    const levels = [{ sequence: 4, peak: 0.5, rms: 0.25 }];
    expect(unpackLevels(2, packLevels(2, levels))).toEqual(levels);
    expect(unpackLevels(3, packLevels(2, levels))).toBeUndefined();
  });

  test("has a subject for each rendition of a stream", () => {
    expect(soundSubject("0190" as StreamId, "opus-low")).toBe("stream.audio.0190.opus-low");
  });
});

describe("numbers across makers", () => {
  test("go on where they were, alike in all qualities of Opus, whoever makes the sound", () => {
    const random = seeded(5);
    const numbering = new Numbering();
    const heard = new Map<Rendition, number>();
    let end = 0;
    for (let maker = 0; maker < 20; maker += 1) {
      const first = Math.floor(random() * 1_000_000);
      if (maker > 0) numbering.restart();
      let begun: number | undefined;
      for (let at = 0; at < 50; at += 1) {
        for (const rendition of ["opus-high", "opus-low"] as const) {
          if (rendition === "opus-low" && random() < 0.3) continue;
          const [placed] = numbering.place(rendition, [grid(first + at)]);
          expect(placed?.pts).toBe((placed?.sequence ?? 0) * 960);
          expect(placed?.sequence).toBeGreaterThan(heard.get(rendition) ?? -1);
          begun ??= placed?.sequence ?? 0;
          expect((placed?.sequence ?? 0) - begun).toBe(at);
          heard.set(rendition, placed?.sequence ?? 0);
        }
      }
      if (maker > 0) expect(begun).toBe(end);
      end = (heard.get("opus-high") ?? 0) + 1;
    }
  });

  test("of MP3 are each rendition's own", () => {
    const numbering = new Numbering();
    const frame = (sequence: number) => ({ ...grid(sequence), duration: 1152, pts: sequence * 1152 });
    expect(numbering.place("mp3-source", [frame(7), frame(8)]).map(({ sequence }) => sequence)).toEqual([7, 8]);
    numbering.restart();
    expect(numbering.place("mp3-source", [frame(0)])).toMatchObject([{ sequence: 9, pts: 9 * 1152 }]);
    expect(numbering.place("mp3-high", [frame(3)])).toMatchObject([{ sequence: 3, pts: 3 * 1152 }]);
  });
});
