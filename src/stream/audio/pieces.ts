import type { Piece } from "./muxer.ts";
import type { AudioPacket } from "./packet.ts";

/** Packets of 20 ms that share a piece. */
const perPiece = 5;

/** Cuts packets into pieces, the same way for every rendition; after a hole a new piece begins. */
export function createPieces(write: (packets: readonly AudioPacket[]) => Uint8Array): {
  push(packets: readonly AudioPacket[]): Piece[];
  flush(): Piece[];
} {
  let open: AudioPacket[] = [];

  function close(pieces: Piece[]): void {
    const [first] = open;
    if (first === undefined) return;
    const last = open.at(-1) ?? first;
    pieces.push({
      bytes: write(open),
      sequence: first.sequence,
      pts: first.pts,
      duration: last.pts + last.duration - first.pts,
    });
    open = [];
  }

  return {
    push(packets) {
      const pieces: Piece[] = [];
      for (const packet of packets) {
        const last = open.at(-1);
        if (last !== undefined && packet.sequence !== last.sequence + 1) close(pieces);
        open.push(packet);
        if (packet.sequence % perPiece === perPiece - 1) close(pieces);
      }
      return pieces;
    },
    flush() {
      const pieces: Piece[] = [];
      close(pieces);
      return pieces;
    },
  };
}

/** The number of the piece that a packet is in: the same in every rendition. */
export const pieceNumber = (sequence: number): number => Math.floor(sequence / perPiece);
