import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withoutMetadata } from "#src/chat/attachments/metadata/without-metadata.ts";
import { Failure } from "#src/platform/failure.ts";
import { randomOf } from "../kit/random.ts";

const secret = "KILROYSHOME";
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "veza-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
/** The picture as it is kept; undefined when it is kept as it is. */
async function cleaned(bytes: Uint8Array, contentType: string): Promise<Buffer | undefined> {
  const path = join(folder, String(files++));
  await writeFile(path, bytes);
  const clean = await withoutMetadata(path, contentType);
  if (clean === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of clean) pieces.push(piece);
  return Buffer.concat(pieces);
}

const noise = randomOf(7);
const pixels = Buffer.from(Array.from({ length: 120 * 80 * 3 }, () => Math.floor(noise() * 256)));
const image = () => sharp(pixels, { raw: { width: 120, height: 80, channels: 3 } });
/** As a phone writes it: where, by whom, which way up, and colours. */
const asTaken = (orientation: number): Sharp =>
  image()
    .withIccProfile("p3")
    .withExif({
      IFD0: { Copyright: secret, Model: secret },
      IFD3: {
        GPSLatitudeRef: "N",
        GPSLatitude: "52/1 31/1 12/1",
        GPSLongitudeRef: "E",
        GPSLongitude: "13/1 24/1 18/1",
      },
    })
    .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>${secret}</a></x:xmpmeta>`)
    .withMetadata({ orientation });

const forms: Record<string, { type: string; of: (image: Sharp) => Sharp }> = {
  "a JPEG": { type: "image/jpeg", of: (image) => image.jpeg() },
  "a progressive JPEG": { type: "image/jpeg", of: (image) => image.jpeg({ progressive: true }) },
  "a PNG": { type: "image/png", of: (image) => image.png() },
  "a WebP": { type: "image/webp", of: (image) => image.webp() },
  "a lossless WebP": { type: "image/webp", of: (image) => image.webp({ lossless: true }) },
};

/** What is seen of a picture: upright, as it is stored in colour. */
const seen = (bytes: Uint8Array) => sharp(bytes).autoOrient().raw().toBuffer();

describe.each(Object.entries(forms))("%s", (_, { type, of }) => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "taken with orientation %i looks the same, and says nothing else",
    async (orientation) => {
      const taken = await of(asTaken(orientation)).toBuffer();
      expect(taken.includes(secret)).toBe(true);
      const clean = (await cleaned(taken, type)) as Buffer;
      expect(clean.includes(secret)).toBe(false);
      expect(clean.length).toBeLessThan(taken.length);
      const facts = await sharp(clean).metadata();
      expect(facts.exif?.length ?? 0).toBeLessThan(40);
      expect(facts.xmp).toBeUndefined();
      expect(facts.orientation ?? 1).toBe(orientation);
      expect(facts.icc).toEqual((await sharp(taken).metadata()).icc);
      expect((await seen(clean)).equals(await seen(taken))).toBe(true);
      // There is nothing left to take out.
      expect(await cleaned(clean, type)).toBeUndefined();
    },
  );

  test("without metadata is kept as it is", async () => {
    expect(await cleaned(await of(image()).toBuffer(), type)).toBeUndefined();
  });

  test("cut off or broken anywhere is gone through to its end, or refused", async () => {
    const random = randomOf(20261122);
    const taken = await of(asTaken(6)).toBuffer();
    for (let round = 0; round < 300; round++) {
      const broken = Buffer.from(
        taken.subarray(0, round % 2 === 0 ? taken.length : Math.floor(random() * taken.length)),
      );
      for (let hits = 0; hits < 3 && broken.length > 12; hits++) {
        broken[12 + Math.floor(random() * (broken.length - 12))] = Math.floor(random() * 256);
      }
      await cleaned(broken, type).catch((error: unknown) => expect(error).toBeInstanceOf(Failure));
    }
  });
});

test("what phones put after the end of a JPEG, and what points there, is left out", async () => {
  const plain = await image().jpeg().toBuffer();
  const pointing = Buffer.concat([Buffer.from([0xff, 0xe2, 0, 4 + 8]), Buffer.from(`MPF\0${secret.slice(0, 6)}`)]);
  const taken = Buffer.concat([plain.subarray(0, 2), pointing, plain.subarray(2), await asTaken(1).jpeg().toBuffer()]);
  expect(await cleaned(taken, "image/jpeg")).toEqual(plain);
});

test("garbage and fillers between the parts of a JPEG hide nothing", async () => {
  const taken = await asTaken(1).jpeg().toBuffer();
  const hidden = Buffer.concat([taken.subarray(0, 2), Buffer.from([1, 2, 0xff, 0, 0xff, 0xff]), taken.subarray(2)]);
  const clean = (await cleaned(hidden, "image/jpeg")) as Buffer;
  expect(clean.includes(secret)).toBe(false);
  expect((await seen(clean)).equals(await seen(taken))).toBe(true);
});

test("texts in a PNG are left out, wherever they stand, and what follows its end", async () => {
  const chunk = (type: string, content: string) => {
    const typed = Buffer.from(type + content, "latin1");
    const around = Buffer.alloc(8);
    around.writeUInt32BE(content.length, 0);
    around.writeUInt32BE(crc32(typed), 4);
    return Buffer.concat([around.subarray(0, 4), typed, around.subarray(4)]);
  };
  const plain = await image().png().toBuffer();
  const taken = Buffer.concat([
    plain.subarray(0, 33),
    chunk("tEXt", `Location\0${secret}`),
    chunk("prIv", secret),
    plain.subarray(33, -12),
    chunk("iTXt", `XML:com.adobe.xmp\0\0\0\0\0${secret}`),
    plain.subarray(-12),
    Buffer.from(secret),
  ]);
  expect(await cleaned(taken, "image/png")).toEqual(plain);
});

test("an animated WebP still moves", async () => {
  const frames = sharp(Buffer.concat([pixels, Buffer.from(pixels).reverse()]), {
    raw: { width: 120, height: 160, channels: 3, pageHeight: 80 },
  });
  const taken = await frames
    .withXmp(`<x>${secret}</x>`)
    .webp({ loop: 0, delay: [50, 70] })
    .toBuffer();
  const clean = (await cleaned(taken, "image/webp")) as Buffer;
  expect(clean.includes(secret)).toBe(false);
  expect(await sharp(clean, { animated: true }).metadata()).toMatchObject({ pages: 2, delay: [50, 70] });
});

test("a picture of more parts than any has is refused, and what is no picture is left alone", async () => {
  const parts = Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(4_000_000, Buffer.from([0xff, 0xe3, 0, 2]))]);
  await expect(cleaned(parts, "image/jpeg")).rejects.toThrow("too many parts");
  const filler = Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(20_000_000, 0xff)]);
  expect(await cleaned(filler, "image/jpeg")).toEqual(Buffer.from([0xff, 0xd8]));
  expect(await cleaned(Buffer.from(`Exif\0\0 ${secret}`), "text/plain")).toBeUndefined();
});
