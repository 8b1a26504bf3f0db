/** A piece of sound on its way out: a packet, or bytes of a file. */
export interface Piece {
  readonly data: Uint8Array;
  /** How long it plays. */
  readonly ms: number;
  /** The packet's number; undefined for bytes of a file. */
  readonly number?: number;
  /** The file cannot be read without it: never dropped. */
  readonly isHead?: boolean;
}

/** What waits to be sent. Bounded in time: the oldest goes first, since live sound that is late is of no use. */
export interface ChunkQueue {
  add(piece: Piece): void;
  /** Takes as much as may travel in one call; never half a piece. */
  take(): Piece[];
  /** Forgets all but the newest. */
  keep(ms: number): void;
  readonly ms: number;
  /** How much sound was dropped, in milliseconds. */
  readonly droppedMs: number;
}

export function createChunkQueue(bounds: {
  /** How much may wait. */
  readonly mostMs: number;
  /** How much may travel in one call. */
  readonly chunkMs: number;
  readonly chunkBytes: number;
}): ChunkQueue {
  let waiting: Piece[] = [];
  let ms = 0;
  let droppedMs = 0;
  return {
    add(piece) {
      waiting.push(piece);
      ms += piece.ms;
      while (ms > bounds.mostMs) {
        const oldest = waiting.findIndex(({ isHead }) => isHead !== true);
        if (oldest === -1) return;
        const [dropped] = waiting.splice(oldest, 1) as [Piece];
        ms -= dropped.ms;
        droppedMs += dropped.ms;
      }
    },
    take() {
      const taken: Piece[] = [];
      let takenMs = 0;
      let bytes = 0;
      for (const piece of waiting) {
        const isFull = takenMs + piece.ms > bounds.chunkMs || bytes + piece.data.length > bounds.chunkBytes;
        if (isFull && taken.length > 0) break;
        taken.push(piece);
        takenMs += piece.ms;
        bytes += piece.data.length;
      }
      waiting = waiting.slice(taken.length);
      ms -= takenMs;
      return taken;
    },
    keep(most) {
      while (ms > most) ms -= (waiting.shift() as Piece).ms;
    },
    get ms() {
      return ms;
    },
    get droppedMs() {
      return droppedMs;
    },
  };
}
