import { limits } from "../../platform/limits.ts";
import type { AudioPacket, Rendition as LadderRendition, Muxer, Piece } from "../audio/index.ts";
import { Meter } from "./meter.ts";
import { Ring } from "./ring.ts";

/** A packet, and when it could be sent first: steady milliseconds. */
export interface HeardPacket extends AudioPacket {
  readonly at: number;
}

/** A piece of a container, and when it could be sent first: steady milliseconds. */
export interface HeardPiece extends Piece {
  readonly at: number;
}

/** Containers that hold Opus. */
export type ContainerName = "ogg" | "webm";

/** A rendition in a container: what every listener over HTTP gets, made once. */
export interface Track {
  readonly contentType: string;
  readonly header: Uint8Array;
  readonly pieces: Ring<HeardPiece>;
}

/**
 * One rendition of one stream: its last seconds, for whoever listens. Listeners keep a number each and read from here;
 * what is made of the packets is made once for all of them.
 */
export class Channel {
  readonly rendition: LadderRendition;
  readonly packets = new Ring<HeardPacket>(limits.live.ringMs);
  readonly bits = new Meter();
  readonly #makeMuxer: (container: ContainerName) => Muxer;
  readonly #tracks = new Map<ContainerName, Track & { readonly muxer: Muxer }>();
  readonly #listeners = new Set<(packets: readonly HeardPacket[]) => void>();
  readonly #frames = new Map<string, Uint8Array>();

  constructor(rendition: LadderRendition, makeMuxer: (container: ContainerName) => Muxer) {
    this.rendition = rendition;
    this.#makeMuxer = makeMuxer;
  }

  add(packets: readonly AudioPacket[]): void {
    const at = performance.now();
    const heard: HeardPacket[] = [];
    for (const { sequence, pts, duration, data } of packets) {
      const packet = { sequence, pts, duration, data, at };
      this.packets.add(packet);
      this.bits.add(data.length * 8);
      heard.push(packet);
    }
    for (const track of this.#tracks.values()) keep(track, track.muxer.push(packets), at);
    for (const listener of [...this.#listeners]) listener(heard);
  }

  /** The rendition in a container, beginning with what is still in memory. */
  track(container: ContainerName): Track {
    let track = this.#tracks.get(container);
    if (track === undefined) {
      const muxer = this.#makeMuxer(container);
      track = { muxer, contentType: muxer.contentType, header: muxer.header, pieces: new Ring(limits.live.ringMs) };
      this.#tracks.set(container, track);
      keep(track, muxer.push(this.packets.from(0)), performance.now());
    }
    return track;
  }

  /** Bytes made of the packets from one number to another, made by the first who asks and kept for the others. */
  frame(from: number, to: number, form: string, make: () => Uint8Array): Uint8Array {
    const key = `${from} ${to} ${form}`;
    let bytes = this.#frames.get(key);
    if (bytes === undefined) {
      bytes = make();
      this.#frames.set(key, bytes);
      // Those who are up to date ask for the last one; the few who are behind make their own.
      if (this.#frames.size > 16) this.#frames.delete(this.#frames.keys().next().value as string);
    }
    return bytes;
  }

  /** Tells of packets as they come. */
  onPackets(listener: (packets: readonly HeardPacket[]) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}

function keep(track: Track, pieces: readonly Piece[], at: number): void {
  for (const piece of pieces) {
    const { bytes, sequence, pts, duration } = piece;
    track.pieces.add({ bytes, sequence, pts, duration, at });
  }
}
