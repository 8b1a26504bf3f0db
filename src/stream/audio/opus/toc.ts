/** What an Opus packet is made of (RFC 6716 §3). */
export interface OpusPacket {
  /** Mode, bandwidth, frame size and channels: the first byte without its frame count. */
  readonly toc: number;
  /** Samples of 48 kHz in each frame. */
  readonly frameSamples: number;
  readonly frames: readonly Uint8Array[];
}

const longestFrame = 1275;
const longestPacket = 5760;

/** By the upper five bits of the first byte (table 2). */
export function frameSamples(toc: number): number {
  const config = toc >> 3;
  if (config < 12) return [480, 960, 1920, 2880][config & 3] as number;
  if (config < 16) return [480, 960][config & 1] as number;
  return [120, 240, 480, 960][config & 3] as number;
}

/** How long a packet plays, in samples of 48 kHz; undefined when it is no Opus packet. */
export function packetSamples(data: Uint8Array): number | undefined {
  const packet = readPacket(data);
  return packet && packet.frameSamples * packet.frames.length;
}

/** Undefined when the bytes are no Opus packet (the seven rules of §3.4). */
export function readPacket(data: Uint8Array): OpusPacket | undefined {
  const [first] = data;
  if (first === undefined) return undefined;
  const frames = framesOf(first & 3, data);
  if (frames === undefined || frames.some((frame) => frame.length > longestFrame)) return undefined;
  const packet = { toc: first & 0xfc, frameSamples: frameSamples(first), frames };
  return packet.frameSamples * frames.length > longestPacket ? undefined : packet;
}

function framesOf(code: number, data: Uint8Array): Uint8Array[] | undefined {
  if (code === 0) return [data.subarray(1)];
  if (code === 1) return equalFrames(data.subarray(1), 2);
  if (code === 2) return frames(data.subarray(1), 2);
  const counts = data[1];
  if (counts === undefined) return undefined;
  const body = withoutPadding(data.subarray(2), (counts & 0x40) !== 0);
  const count = counts & 0x3f;
  if (body === undefined || count === 0) return undefined;
  return counts & 0x80 ? frames(body, count) : equalFrames(body, count);
}

function equalFrames(body: Uint8Array, count: number): Uint8Array[] | undefined {
  if (body.length % count !== 0) return undefined;
  const size = body.length / count;
  return Array.from({ length: count }, (_, at) => body.subarray(at * size, (at + 1) * size));
}

/** Lengths of all but the last in front of them. */
function frames(body: Uint8Array, count: number): Uint8Array[] | undefined {
  const sizes: number[] = [];
  let at = 0;
  while (sizes.length < count - 1) {
    const size = body[at];
    if (size === undefined) return undefined;
    if (size < 252) {
      sizes.push(size);
      at += 1;
    } else {
      const more = body[at + 1];
      if (more === undefined) return undefined;
      sizes.push(more * 4 + size);
      at += 2;
    }
  }
  const found: Uint8Array[] = [];
  for (const size of sizes) {
    if (at + size > body.length) return undefined;
    found.push(body.subarray(at, at + size));
    at += size;
  }
  found.push(body.subarray(at));
  return found;
}

function withoutPadding(body: Uint8Array, padded: boolean): Uint8Array | undefined {
  if (!padded) return body;
  let padding = 0;
  let at = 0;
  for (;;) {
    const size = body[at];
    if (size === undefined) return undefined;
    at += 1;
    padding += size === 255 ? 254 : size;
    if (size !== 255) break;
  }
  return at + padding > body.length ? undefined : body.subarray(at, body.length - padding);
}

/** The frames, all of the same toc, as one packet. */
export function writePacket(toc: number, frames: readonly Uint8Array[]): Uint8Array {
  const [only] = frames;
  if (only !== undefined && frames.length === 1) {
    const packet = new Uint8Array(1 + only.length);
    packet[0] = toc;
    packet.set(only, 1);
    return packet;
  }
  const sizes = frames
    .slice(0, -1)
    .flatMap(({ length }) => (length < 252 ? [length] : [252 + (length & 3), (length - 252) >> 2]));
  const packet = new Uint8Array(2 + sizes.length + frames.reduce((sum, { length }) => sum + length, 0));
  packet[0] = toc | 3;
  packet[1] = 0x80 | frames.length;
  packet.set(sizes, 2);
  let at = 2 + sizes.length;
  for (const frame of frames) {
    packet.set(frame, at);
    at += frame.length;
  }
  return packet;
}

/** 20 ms for which the decoder makes up what could be there: a frame of no bytes (§3.2.1), like the sound before it. */
export function concealment(toc: number): Uint8Array {
  const config = toc >> 3;
  const of20ms = config < 12 ? (config & ~3) | 1 : config < 16 ? config | 1 : config | 3;
  return Uint8Array.of((of20ms << 3) | (toc & 4));
}
