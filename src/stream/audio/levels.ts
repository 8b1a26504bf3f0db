/** How loud 20 ms are, over all channels, from 0 to 1. */
export interface Level {
  /** Of the packet on the grid. */
  readonly sequence: number;
  readonly peak: number;
  /** Root of the mean square; a full-scale sine has 0.707. */
  readonly rms: number;
}

/** Of interleaved PCM. Without samples it is silent. */
export function levelOf(sequence: number, pcm: Int16Array): Level {
  let peak = 0;
  let squares = 0;
  for (const sample of pcm) {
    const size = Math.abs(sample);
    if (size > peak) peak = size;
    squares += sample * sample;
  }
  return { sequence, peak: peak / 32_768, rms: pcm.length === 0 ? 0 : Math.sqrt(squares / pcm.length) / 32_768 };
}

/** The outline of a recording of any length: the peaks of its equal parts. */
export interface Peaks {
  add(peak: number): void;
  /** First to last, from 0 to 1; at most as many parts as there may be, and none while there is no sound. */
  parts(): number[];
}

/** Keeps at most twice as many parts as asked for (256 when absent): when all are full, neighbours become one. */
export function createPeaks(most = 256): Peaks {
  let kept: number[] = [];
  /** Of how many peaks each kept one is the greatest. */
  let width = 1;
  let filled = 0;
  return {
    add(peak) {
      if (filled === 0) {
        if (kept.length === most * 2) {
          kept = halved(kept);
          width *= 2;
        }
        kept.push(peak);
      } else if (peak > (kept.at(-1) ?? 0)) kept[kept.length - 1] = peak;
      filled = (filled + 1) % width;
    },
    parts: () => (kept.length > most ? halved(kept) : [...kept]),
  };
}

function halved(peaks: readonly number[]): number[] {
  const pairs: number[] = [];
  for (let at = 0; at < peaks.length; at += 2) pairs.push(Math.max(peaks[at] ?? 0, peaks[at + 1] ?? 0));
  return pairs;
}
