import { readVint } from "./ebml.ts";

export interface Block {
  readonly track: number;
  /** After the cluster's, in units of the file. */
  readonly time: number;
  readonly frames: readonly Uint8Array[];
}

/** A SimpleBlock or Block (RFC 9559 §10). Undefined when it is damaged. */
export function readBlock(data: Uint8Array): Block | undefined {
  const track = readVint(data, 0);
  if (track === undefined || data.length < track.length + 3) return undefined;
  const time = new DataView(data.buffer, data.byteOffset + track.length).getInt16(0);
  const lacing = ((data[track.length + 2] as number) >> 1) & 3;
  const body = data.subarray(track.length + 3);
  const frames = lacing === 0 ? [body] : laced(lacing, body);
  return frames && { track: track.value, time, frames };
}

function laced(lacing: number, body: Uint8Array): Uint8Array[] | undefined {
  const [last] = body;
  if (last === undefined) return undefined;
  const rest = body.subarray(1);
  if (lacing === 2) {
    const size = rest.length / (last + 1);
    return Number.isInteger(size) ? cut(rest, 0, Array<number>(last).fill(size)) : undefined;
  }
  const sizes = lacing === 1 ? xiphSizes(rest, last) : ebmlSizes(rest, last);
  return sizes && cut(rest, sizes.end, sizes.sizes);
}

interface Sizes {
  readonly sizes: number[];
  readonly end: number;
}

function xiphSizes(data: Uint8Array, count: number): Sizes | undefined {
  const sizes: number[] = [];
  let at = 0;
  while (sizes.length < count) {
    let size = 0;
    for (;;) {
      const part = data[at];
      if (part === undefined) return undefined;
      at += 1;
      size += part;
      if (part < 255) break;
    }
    sizes.push(size);
  }
  return { sizes, end: at };
}

/** The first as it is, then how much each differs from the one before. */
function ebmlSizes(data: Uint8Array, count: number): Sizes | undefined {
  const sizes: number[] = [];
  let at = 0;
  let size = 0;
  while (sizes.length < count) {
    const next = readVint(data, at);
    if (next === undefined || !Number.isFinite(next.value)) return undefined;
    at += next.length;
    size = sizes.length === 0 ? next.value : size + next.value - (2 ** (7 * next.length - 1) - 1);
    if (size < 0) return undefined;
    sizes.push(size);
  }
  return { sizes, end: at };
}

/** The last frame is what is left. */
function cut(data: Uint8Array, start: number, sizes: readonly number[]): Uint8Array[] | undefined {
  const frames: Uint8Array[] = [];
  let at = start;
  for (const size of sizes) {
    frames.push(data.subarray(at, at + size));
    at += size;
  }
  if (at > data.length) return undefined;
  frames.push(data.subarray(at));
  return frames;
}
