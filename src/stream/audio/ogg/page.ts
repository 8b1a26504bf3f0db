import type { ByteQueue } from "../byte-queue.ts";
import { pageCrc } from "./crc.ts";

/** A page whose checksum is right (RFC 3533 §6). */
export interface Page {
  readonly serial: number;
  readonly number: number;
  /** The samples until the end of the last packet that ends here; undefined when none does. */
  readonly granule: number | undefined;
  /** Its first packet began in the page before. */
  readonly continued: boolean;
  readonly first: boolean;
  readonly last: boolean;
  /** Views of the page, which is a copy of its own. */
  readonly packets: readonly { readonly data: Uint8Array; readonly ends: boolean }[];
}

const magic = [0x4f, 0x67, 0x67, 0x53];
const fixedBytes = 27;

/** The next page, or undefined until more has come. Tells of bytes that it went over, and of pages that were damaged. */
export function readPage(queue: ByteQueue, wrong: (skipped: number, damaged: boolean) => void): Page | undefined {
  for (;;) {
    const skipped = toMagic(queue);
    if (skipped > 0) wrong(skipped, false);
    // Not after the whole page, which may be long in coming: the version is 0, and flags are few.
    if ((queue.at(4) ?? 0) !== 0 || (queue.at(5) ?? 0) > 7) {
      queue.skip(1);
      wrong(1, false);
      continue;
    }
    const segments = queue.at(fixedBytes - 1);
    if (segments === undefined || queue.length < fixedBytes + segments) return undefined;
    const lacing = queue.view(fixedBytes, fixedBytes + segments);
    const size = fixedBytes + segments + lacing.reduce((sum, part) => sum + part, 0);
    if (queue.length < size) return undefined;
    const view = queue.view(0, size);
    if (pageCrc(view) === new DataView(view.buffer, view.byteOffset).getUint32(22, true)) {
      return parse(queue.take(size), segments);
    }
    // Perhaps no page at all: the search goes on right behind its first byte.
    queue.skip(1);
    wrong(1, true);
  }
}

/** Skips to where a page may begin. */
function toMagic(queue: ByteQueue): number {
  let skipped = 0;
  for (;;) {
    const view = queue.view(0, queue.length);
    const at = view.indexOf(magic[0] as number);
    const candidate = at === -1 ? view.length : at;
    queue.skip(candidate);
    skipped += candidate;
    if (candidate === view.length) return skipped;
    if (magic.every((byte, offset) => (queue.at(offset) ?? byte) === byte)) return skipped;
    queue.skip(1);
    skipped += 1;
  }
}

function parse(page: Uint8Array, segments: number): Page {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const flags = view.getUint8(5);
  const granule = view.getBigInt64(6, true);
  const packets: { data: Uint8Array; ends: boolean }[] = [];
  let start = fixedBytes + segments;
  let end = start;
  for (let at = 0; at < segments; at += 1) {
    const part = page[fixedBytes + at] as number;
    end += part;
    if (part === 255 && at < segments - 1) continue;
    packets.push({ data: page.subarray(start, end), ends: part < 255 });
    start = end;
  }
  return {
    serial: view.getUint32(14, true),
    number: view.getUint32(18, true),
    granule: granule === -1n ? undefined : Number(granule),
    continued: (flags & 1) !== 0,
    first: (flags & 2) !== 0,
    last: (flags & 4) !== 0,
    packets,
  };
}
