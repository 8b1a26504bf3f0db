import { createMp3Encoder as createLame } from "wasm-media-encoders";
import { pageCrc } from "#src/stream/audio/ogg/crc.ts";

/** A page of Ogg, in any form that a test may need. */
export function oggPage(page: {
  serial?: number;
  number: number;
  granule: number | bigint;
  flags?: number;
  lacing?: readonly number[];
  body: Uint8Array;
}): Uint8Array {
  const { length } = page.body;
  const lacing = page.lacing ?? [...Array<number>(Math.floor(length / 255)).fill(255), length % 255];
  const bytes = new Uint8Array(27 + lacing.length + length);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from("OggS"));
  bytes[5] = page.flags ?? 0;
  view.setBigInt64(6, BigInt(page.granule), true);
  view.setUint32(14, page.serial ?? 1, true);
  view.setUint32(18, page.number, true);
  bytes[26] = lacing.length;
  bytes.set(lacing, 27);
  bytes.set(page.body, 27 + lacing.length);
  view.setUint32(22, pageCrc(bytes), true);
  return bytes;
}

/** An MP3 of interleaved stereo sound that has this rate already. */
export async function mp3File(
  pcm: Int16Array,
  sampleRate: 8000 | 11025 | 12000 | 16000 | 22050 | 24000 | 32000 | 44100 | 48000,
  channels: 1 | 2,
  kilobits: 32 | 64 | 128 | 320,
): Promise<Uint8Array> {
  const lame = await createLame();
  lame.configure({ sampleRate, channels, bitrate: kilobits, outputSampleRate: sampleRate });
  const parts = Array.from({ length: channels }, (_, which) =>
    Float32Array.from({ length: pcm.length / 2 }, (_, at) => (pcm[at * 2 + which] as number) / 32_768),
  );
  const body = Uint8Array.from(lame.encode(parts));
  return Buffer.concat([body, lame.finalize()]);
}

/** An ID3v2.3 tag with a title. */
export function id3(title: string, extra = 0): Uint8Array {
  const text = Buffer.concat([Uint8Array.of(1, 0xff, 0xfe), Buffer.from(title, "utf16le")]);
  const frame = Buffer.concat([Buffer.from("TIT2"), Uint8Array.of(0, 0, 0, text.length, 0, 0), text]);
  const size = frame.length + extra;
  const sizes = [21, 14, 7, 0].map((shift) => (size >> shift) & 0x7f);
  return Buffer.concat([Buffer.from("ID3"), Uint8Array.of(3, 0, 0, ...sizes), frame, new Uint8Array(extra)]);
}

/** An element of EBML whose size is written in eight bytes, or is unknown. */
export function ebml(id: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE((1n << 56n) | BigInt(body.length));
  return Buffer.concat([idBytes(id), size, body]);
}
export function unknownSize(id: number, ...content: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([idBytes(id), Uint8Array.of(0xff), ...content]);
}
function idBytes(id: number): Uint8Array {
  return Buffer.from(id.toString(16).padStart(2, "0"), "hex");
}

/** The pieces that a file falls into when it is cut at these places. */
export function cutAt(file: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [...new Set(places.map((place) => place % (file.length + 1)))].sort((a, b) => a - b);
  return [...sorted, file.length].map((end, at) => file.subarray(sorted[at - 1] ?? 0, end));
}
