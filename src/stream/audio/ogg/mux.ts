import type { Muxer } from "../muxer.ts";
import { writeOpusHead } from "../opus/head.ts";
import { writeOpusTags } from "../opus/tags.ts";
import type { AudioPacket } from "../packet.ts";
import { createPieces, pieceNumber } from "../pieces.ts";
import { pageCrc } from "./crc.ts";

const firstPage = 2;
const headerPages = 2;
/** What an encoder takes to begin; nothing of a live stream is worth hiding for longer. */
const preSkip = 312;

/**
 * Ogg Opus (RFC 7845). One logical stream for ever: it is never chained, since browsers stop at a chain.
 * `serial` is the stream's, any 32 bits, the same for all of its renditions.
 */
export function createOggMuxer(serial: number): Muxer {
  const pieces = createPieces((packets) =>
    page(
      serial,
      headerPages + pieceNumber(packets[0]?.sequence ?? 0),
      granuleAfter(packets),
      0,
      packets.map(({ data }) => data),
    ),
  );
  const head = page(serial, 0, 0, firstPage, [writeOpusHead(preSkip)]);
  const tags = page(serial, 1, 0, 0, [writeOpusTags()]);
  return { contentType: "audio/ogg", header: Buffer.concat([head, tags]), ...pieces };
}

/** Granules count what was skipped as well (§4). */
function granuleAfter(packets: readonly AudioPacket[]): number {
  const last = packets.at(-1);
  return last === undefined ? 0 : last.pts + last.duration + preSkip;
}

function page(
  serial: number,
  number: number,
  granule: number,
  flags: number,
  packets: readonly Uint8Array[],
): Uint8Array {
  const lacing = packets.flatMap(({ length }) => [...Array<number>(Math.floor(length / 255)).fill(255), length % 255]);
  const bytes = new Uint8Array(27 + lacing.length + packets.reduce((sum, { length }) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x4f67_6753);
  bytes[5] = flags;
  view.setBigInt64(6, BigInt(granule), true);
  view.setUint32(14, serial, true);
  view.setUint32(18, number, true);
  bytes[26] = lacing.length;
  bytes.set(lacing, 27);
  let at = 27 + lacing.length;
  for (const packet of packets) {
    bytes.set(packet, at);
    at += packet.length;
  }
  view.setUint32(22, pageCrc(bytes), true);
  return bytes;
}
