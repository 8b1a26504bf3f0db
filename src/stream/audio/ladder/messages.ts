import type { AudioPacket } from "../packet.ts";
import type { Codec } from "../rendition.ts";
import type { SourceFormat } from "../source.ts";

/** What a worker is told. In the order in which it is told, it happens. */
export type Order =
  /** A source begins at this pts; what was before it, in the same ladder, goes on into it. */
  | { readonly kind: "begin"; readonly ladder: number; readonly format: SourceFormat; readonly pts: number }
  | { readonly kind: "units"; readonly ladder: number; readonly packed: Packed }
  | {
      readonly kind: "track";
      readonly ladder: number;
      readonly track: number;
      readonly codec: Codec;
      readonly bitrate: number;
      readonly from: number;
    }
  /** The track is over with the packet before this sequence. */
  | { readonly kind: "end"; readonly ladder: number; readonly track: number; readonly at: number }
  | { readonly kind: "levels"; readonly ladder: number; readonly wanted: boolean }
  /** Nothing more is wanted: all that is known of the ladder is forgotten. */
  | { readonly kind: "forget"; readonly ladder: number };

/** What a worker answers, once for each `units` and whenever a track is over. */
export interface Made {
  readonly ladder: number;
  /** How much of what it was given is done, in samples of 48 kHz. */
  readonly done: number;
  readonly tracks: readonly { readonly track: number; readonly packed: Packed; readonly over: boolean }[];
  /** Sequence, peak and rms of each block. */
  readonly levels: Float64Array;
  readonly damaged: number;
}

/** Packets on their way between threads, in two buffers that are handed over and not copied. */
export interface Packed {
  /** For each packet: sequence, pts, duration, length. */
  readonly facts: Float64Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const factsEach = 4;

export function pack(packets: readonly AudioPacket[]): Packed {
  const facts = new Float64Array(packets.length * factsEach);
  const bytes = new Uint8Array(packets.reduce((sum, { data }) => sum + data.length, 0));
  let at = 0;
  for (const [index, { sequence, pts, duration, data }] of packets.entries()) {
    facts.set([sequence, pts, duration, data.length], index * factsEach);
    bytes.set(data, at);
    at += data.length;
  }
  return { facts, bytes };
}

export function unpack({ facts, bytes }: Packed): AudioPacket[] {
  const packets: AudioPacket[] = [];
  let start = 0;
  for (let at = 0; at < facts.length; at += factsEach) {
    const end = start + (facts[at + 3] as number);
    packets.push({
      sequence: facts[at] as number,
      pts: facts[at + 1] as number,
      duration: facts[at + 2] as number,
      data: bytes.subarray(start, end),
    });
    start = end;
  }
  return packets;
}

export const buffersOf = ({ facts, bytes }: Packed): ArrayBuffer[] => [facts.buffer, bytes.buffer];
