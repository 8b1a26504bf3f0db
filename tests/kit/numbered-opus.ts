import { createOggMuxer } from "#src/stream/audio/ogg/mux.ts";

export const packetMs = 20;
/** What an Ogg page holds. */
const packetsPerPage = 5;
/** Fullband CELT, stereo, one frame of 20 ms (RFC 6716 §3.1). */
const toc = 0xfc;
const packetBytes = 120;

/** A packet that no encoder made, of 48 kbit/s, with its number in it: it is passed through as it is, and tells when it was said. */
export function numberedPacket(number: number): Uint8Array {
  const packet = Buffer.alloc(packetBytes, 0x55);
  packet[0] = toc;
  packet.writeUInt32BE(number, 1);
  return packet;
}

/** The number of a packet; undefined for one that was made up where some was missing. */
export function numberOf(packet: Uint8Array): number | undefined {
  if (packet.length !== packetBytes) return undefined;
  return Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength).readUInt32BE(1);
}

/** Numbered packets as an Ogg file that begins anywhere and never ends. */
export function numberedOgg(): { readonly head: Uint8Array; pages(from: number, to: number): Uint8Array } {
  const muxer = createOggMuxer(1);
  return {
    head: muxer.header,
    /** Those from one number up to another, both multiples of five. */
    pages(from, to) {
      const packets = Array.from({ length: to - from }, (_, at) => {
        const sequence = from + at;
        return { sequence, pts: sequence * 960, duration: 960, data: numberedPacket(sequence) };
      });
      return Buffer.concat(muxer.push(packets).map(({ bytes }) => bytes));
    },
  };
}

/** The last number before which a page ends. */
export function endOfPage(number: number): number {
  return Math.floor(number / packetsPerPage) * packetsPerPage;
}
