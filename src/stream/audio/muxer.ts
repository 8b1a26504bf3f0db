import type { AudioPacket } from "./packet.ts";

/** Some packets as a container has them, to be written as they are to everyone who listens and to every file. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Of the first packet in it. */
  readonly sequence: number;
  /** Of the first packet in it, and how long they are together: samples of 48 kHz. */
  readonly pts: number;
  readonly duration: number;
}

/**
 * Opus packets into pieces of at most 100 ms. Who begins to listen gets `header` and then any piece and those after it.
 * Pieces are cut where the sequence is a multiple of five, and depend on nothing but the muxer's `serial` and their packets:
 * those of one rendition may follow those of another of the same stream.
 */
export interface Muxer {
  readonly contentType: string;
  readonly header: Uint8Array;
  /** The pieces that are complete with these packets. */
  push(packets: readonly AudioPacket[]): Piece[];
  /** What is left, as the last, shorter piece. */
  flush(): Piece[];
}
