import { limits } from "../../../platform/limits.ts";
import { exifOf, exifPrefix, orientationIn } from "./orientation.ts";
import type { FileWindow, Part } from "./window.ts";

const { pieceBytes } = limits.files;

/** ITU-T T.81, annex B. */
const marker = {
  start: 0xd8,
  end: 0xd9,
  scan: 0xda,
  app0: 0xe0,
  app1: 0xe1,
  app2: 0xe2,
  app14: 0xee,
  app15: 0xef,
  comment: 0xfe,
};

const isRestart = (code: number) => code >= 0xd0 && code <= 0xd7;
const holdsNothing = (code: number) => code === 0x01 || isRestart(code);
/** In a scan, 0xff is also a byte like any other: then what follows is no marker. */
const isInScan = (code: number) => code < 0xc0 || code === 0xff || isRestart(code);

/** Of what applications add, only what decides how the picture looks. */
const kept: ReadonlyMap<number, string> = new Map([
  [marker.app0, "JFIF\0"],
  [marker.app2, "ICC_PROFILE\0"],
  [marker.app14, "Adobe"],
]);

/**
 * A JPEG without what cameras and programs wrote about it: no Exif but which way up it is, no XMP, IPTC, comments and
 * small pictures, and nothing after its end, where phones put films and further pictures with Exif of their own.
 */
export async function* walkJpeg(file: FileWindow): AsyncIterable<Part> {
  yield { from: 0, to: 2 };
  let orientation = 1;
  for (let at = 2; ; ) {
    const found = await nextMarker(file, at);
    if (found === undefined) return;
    const { code, after } = found;
    at = after;
    if (code === marker.end || holdsNothing(code)) {
      yield { from: after - 2, to: after };
      if (code === marker.end) return;
      continue;
    }
    const [high = 0, low = 0] = await file.read(after, 2);
    const end = after + Math.max(2, high * 256 + low);
    if (code === marker.app1 && orientation === 1) {
      orientation = orientationIn(await exifIn(file, after + 2, end));
      const exif = exifOf(orientation);
      if (exif !== undefined) yield segment(marker.app1, Buffer.concat([exifPrefix, exif]));
    }
    if (await isKept(file, code, after + 2)) yield { from: after - 2, to: Math.min(end, file.size) };
    at = end;
    if (code !== marker.scan) continue;
    at = (await find(file, end, (next) => !isInScan(next))) ?? file.size;
    yield { from: end, to: at };
  }
}

/** The next marker, and the place after it. What stands before it belongs to nothing. */
async function nextMarker(file: FileWindow, from: number): Promise<{ code: number; after: number } | undefined> {
  const isMarker = (code: number) => code !== 0x00 && code !== 0xff;
  const [start, next = 0] = await file.read(from, 2);
  const at = start === 0xff && isMarker(next) ? from : await find(file, from, isMarker);
  if (at === undefined) return undefined;
  const [code] = await file.read(at + 1, 1);
  return code === undefined ? undefined : { code, after: at + 2 };
}

/** Where 0xff stands with such a code after it, from a place on; undefined when it comes no more. */
async function find(file: FileWindow, from: number, isMarker: (code: number) => boolean): Promise<number | undefined> {
  for (let at = from; ; ) {
    const here = await file.read(at, pieceBytes);
    if (here.length < 2) return undefined;
    for (let found = here.indexOf(0xff); found !== -1; found = here.indexOf(0xff, found + 1)) {
      const code = here[found + 1];
      if (code !== undefined && isMarker(code)) return at + found;
    }
    // The last byte again: what follows it may decide.
    at += here.length - 1;
  }
}

async function isKept(file: FileWindow, code: number, from: number): Promise<boolean> {
  if (code === marker.comment) return false;
  if (code < marker.app0 || code > marker.app15) return true;
  const name = kept.get(code);
  return name !== undefined && (await file.read(from, name.length)).toString("latin1") === name;
}

async function exifIn(file: FileWindow, from: number, to: number): Promise<Buffer> {
  const start = await file.read(from, exifPrefix.length);
  return start.equals(exifPrefix) ? file.read(from, to - from) : Buffer.alloc(0);
}

function segment(code: number, content: Buffer): Buffer {
  const length = content.length + 2;
  return Buffer.concat([Uint8Array.of(0xff, code, length >> 8, length & 0xff), content]);
}
