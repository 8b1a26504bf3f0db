/** Up to where each room has been seen. */
export interface Cursors {
  /** Undefined for a room that nothing was seen of. */
  get(roomId: string): bigint | undefined;
  set(roomId: string, sequence: bigint): void;
  /**
   * What an event's number says: `next` continues the room or begins it, `seen` came before, `hole` means that
   * something in between is missing. Moves nothing.
   */
  judge(roomId: string, sequence: bigint): "next" | "seen" | "hole";
  /** Forgets every other room: they are followed no longer, and one that comes back begins anew. */
  keepOnly(roomIds: Iterable<string>): void;
  /** As SubscribeToChatEvents takes them. */
  toRequest(): { roomId: string; afterSequence: bigint }[];
}

export function createCursors(initial: Iterable<readonly [string, bigint]> = []): Cursors {
  const sequences = new Map(initial);
  return {
    get: (roomId) => sequences.get(roomId),
    set(roomId, sequence) {
      sequences.set(roomId, sequence);
    },
    judge(roomId, sequence) {
      const seen = sequences.get(roomId);
      if (seen === undefined || sequence === seen + 1n) return "next";
      return sequence <= seen ? "seen" : "hole";
    },
    keepOnly(roomIds) {
      const kept = new Set(roomIds);
      for (const roomId of sequences.keys()) {
        if (!kept.has(roomId)) sequences.delete(roomId);
      }
    },
    toRequest: () => [...sequences].map(([roomId, afterSequence]) => ({ roomId, afterSequence })),
  };
}
