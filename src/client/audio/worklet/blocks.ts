/** Gathers what a microphone gives in small pieces into blocks of one length. */
export interface Blocks {
  /** Takes the next piece, an array for each channel; none for silence of `length`. */
  add(planes: readonly Float32Array[], length: number): void;
}

/** Mono in becomes as many channels as are asked for. `onBlock` gets arrays that are its own. */
export function createBlocks(channels: number, length: number, onBlock: (planes: Float32Array[]) => void): Blocks {
  let block = begin();
  let filled = 0;

  function begin(): Float32Array[] {
    return Array.from({ length: channels }, () => new Float32Array(length));
  }

  return {
    add(planes, count) {
      for (let from = 0; from < count; ) {
        const step = Math.min(count - from, length - filled);
        for (const [channel, target] of block.entries()) {
          const plane = planes[channel] ?? planes[0];
          if (plane !== undefined) target.set(plane.subarray(from, from + step), filled);
        }
        from += step;
        filled += step;
        if (filled < length) continue;
        onBlock(block);
        block = begin();
        filled = 0;
      }
    },
  };
}
