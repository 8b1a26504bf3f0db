import type { StreamId } from "../../platform/ids.ts";
import type { AudioPacket, Level, Rendition } from "../audio/index.ts";

/** Sound on its way from one instance to another. */

/** What can be relayed: a rendition, or how loud the source is. */
export type Relayed = Rendition | "levels";

/** Sound of a stream as it comes, for whoever relays it. */
export const soundSubject = (streamId: StreamId, what: Relayed) => `stream.audio.${streamId}.${what}`;
/** What the stream sounds like, each time when that has changed. */
export const stateSubject = (streamId: StreamId) => `stream.sound.${streamId}`;

const packetHead = 16;

/** Packets of one rendition, with the epoch of the home that made them: 32 bits, then each packet behind its head. */
export function packSound(epoch: number, packets: readonly AudioPacket[]): Uint8Array {
  const size = packets.reduce((sum, { data }) => sum + packetHead + data.length, 4);
  const bytes = Buffer.allocUnsafe(size);
  let at = bytes.writeUInt32LE(epoch, 0);
  for (const { sequence, pts, duration, data } of packets) {
    at = bytes.writeUInt32LE(sequence, at);
    at = bytes.writeDoubleLE(pts, at);
    at = bytes.writeUInt16LE(duration, at);
    at = bytes.writeUInt16LE(data.length, at);
    bytes.set(data, at);
    at += data.length;
  }
  return bytes;
}

/** Undefined when it is of another epoch. The packets have bytes of their own. */
export function unpackSound(epoch: number, frame: Uint8Array): AudioPacket[] | undefined {
  const head = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  if (head.readUInt32LE(0) !== epoch) return undefined;
  const bytes = Buffer.from(head);
  const packets: AudioPacket[] = [];
  for (let at = 4; at < bytes.length; ) {
    const sequence = bytes.readUInt32LE(at);
    const pts = bytes.readDoubleLE(at + 4);
    const duration = bytes.readUInt16LE(at + 12);
    const end = at + packetHead + bytes.readUInt16LE(at + 14);
    packets.push({ sequence, pts, duration, data: bytes.subarray(at + packetHead, end) });
    at = end;
  }
  return packets;
}

export function packLevels(epoch: number, levels: readonly Level[]): Uint8Array {
  return Buffer.from(JSON.stringify({ epoch, levels }));
}

/** Undefined when they are of another epoch. */
export function unpackLevels(epoch: number, frame: Uint8Array): Level[] | undefined {
  const said = JSON.parse(Buffer.from(frame).toString()) as { epoch: number; levels: Level[] };
  return said.epoch === epoch ? said.levels : undefined;
}

/** Several pieces of bytes as one: the length of each, 32 bits, and the piece. */
export function packPieces(pieces: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    pieces.flatMap((piece) => {
      const length = Buffer.allocUnsafe(4);
      length.writeUInt32LE(piece.length, 0);
      return [length, piece];
    }),
  );
}

export function unpackPieces(bytes: Uint8Array): Uint8Array[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < buffer.length; ) {
    const end = at + 4 + buffer.readUInt32LE(at);
    pieces.push(buffer.subarray(at + 4, end));
    at = end;
  }
  return pieces;
}
