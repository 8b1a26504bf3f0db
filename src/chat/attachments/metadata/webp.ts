import { exifOf, orientationIn } from "./orientation.ts";
import type { FileWindow, Part } from "./window.ts";

/** `RIFF`, a size, `WEBP`. */
const headBytes = 12;
const chunkHeadBytes = 8;
/** More Exif than this says nothing of which way up. */
const exifBytes = 32 * 1024;

/** The flags in `VP8X` of what else there is. */
const flag = { xmp: 0x04, exif: 0x08 };
const kept = new Set(["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"]);

/** A WebP without XMP, Exif but which way up it is, and whatever else does not decide how it looks. */
export async function* walkWebp(file: FileWindow): AsyncIterable<Part> {
  // Both its size and what there is stand before all of it.
  let size = 4;
  let orientation = 1;
  for await (const { type, from, to } of chunksOf(file)) {
    if (kept.has(type)) size += to - from;
    else if (type === "EXIF" && orientation === 1) orientation = orientationIn(await contentOf(file, from, to));
  }
  const exif = exifOf(orientation);
  const head = Buffer.from("RIFF\0\0\0\0WEBP", "latin1");
  head.writeUInt32LE(size + (exif === undefined ? 0 : chunkHeadBytes + exif.length), 4);
  yield head;
  for await (const { type, from, to } of chunksOf(file)) {
    if (type === "VP8X" && to - from > chunkHeadBytes) {
      const flags = (await file.read(from + chunkHeadBytes, 1))[0] as number;
      yield { from, to: from + chunkHeadBytes };
      yield Uint8Array.of((flags & ~flag.xmp & ~flag.exif) | (exif === undefined ? 0 : flag.exif));
      yield { from: from + chunkHeadBytes + 1, to };
    } else if (kept.has(type)) yield { from, to };
  }
  if (exif !== undefined) yield Buffer.concat([Buffer.from("EXIF\x1a\0\0\0", "latin1"), exif]);
}

interface Chunk {
  readonly type: string;
  readonly from: number;
  /** After the byte that fills it up to an even length. */
  readonly to: number;
}

async function* chunksOf(file: FileWindow): AsyncIterable<Chunk> {
  const end = Math.min(file.size, 8 + (await file.read(4, 4)).readUInt32LE(0));
  for (let from = headBytes; from + chunkHeadBytes <= end; ) {
    const head = await file.read(from, chunkHeadBytes);
    const length = head.readUInt32LE(4);
    const to = from + chunkHeadBytes + length + (length % 2);
    yield { type: head.toString("latin1", 0, 4), from, to: Math.min(to, file.size) };
    from = to;
  }
}

const contentOf = (file: FileWindow, from: number, to: number) =>
  file.read(from + chunkHeadBytes, Math.min(to - from - chunkHeadBytes, exifBytes));
