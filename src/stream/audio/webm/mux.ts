import type { Muxer } from "../muxer.ts";
import { writeOpusHead } from "../opus/head.ts";
import type { AudioPacket } from "../packet.ts";
import { createPieces } from "../pieces.ts";
import { ascii, element, float, uint } from "./ebml.ts";
import { id } from "./ids.ts";

/** One ms in the unit of timestamps, ns; and what Opus needs before a place to play from it, in ns (RFC 7845 §4.6). */
const millisecond = 1_000_000;
const seekPreRoll = 80_000_000;
const samplesPerMs = 48;

/** WebM with Opus: a segment without end, in it one cluster for each piece. */
export function createWebmMuxer(): Muxer {
  return { contentType: "audio/webm", header: header(), ...createPieces(cluster) };
}

function header(): Uint8Array {
  const ebml = element(
    id.ebml,
    element(0x4286, uint(1)),
    element(0x42f7, uint(1)),
    element(0x42f2, uint(4)),
    element(0x42f3, uint(8)),
    element(0x4282, ascii("webm")),
    element(0x4287, uint(4)),
    element(0x4285, uint(2)),
  );
  const info = element(
    id.info,
    element(id.timestampScale, uint(millisecond)),
    element(0x4d80, ascii("veza")),
    element(0x5741, ascii("veza")),
  );
  const track = element(
    id.trackEntry,
    element(id.trackNumber, uint(1)),
    element(id.trackUid, uint(1)),
    element(id.trackType, uint(2)),
    element(0x9c, uint(0)),
    element(id.codecId, ascii("A_OPUS")),
    element(id.codecDelay, uint(0)),
    element(id.seekPreRoll, uint(seekPreRoll)),
    element(id.codecPrivate, writeOpusHead(0)),
    element(id.audio, element(id.samplingFrequency, float(48_000)), element(id.channels, uint(2))),
  );
  return Buffer.concat([ebml, element(id.segment, undefined), info, element(id.tracks, track)]);
}

function cluster(packets: readonly AudioPacket[]): Uint8Array {
  const start = Math.floor((packets[0]?.pts ?? 0) / samplesPerMs);
  const blocks = packets.map(({ pts, data }) => {
    const head = new Uint8Array(4);
    const view = new DataView(head.buffer);
    view.setUint8(0, 0x81);
    view.setInt16(1, Math.floor(pts / samplesPerMs) - start);
    view.setUint8(3, 0x80);
    return element(id.simpleBlock, head, data);
  });
  return element(id.cluster, element(id.timestamp, uint(start)), ...blocks);
}
