import { type Pcm, pcmChannels } from "./codecs.ts";
import { gridSamples } from "./packet.ts";

/** 20 ms of sound on the grid. */
export interface Block {
  readonly sequence: number;
  readonly pcm: Pcm;
}

/** Cuts sound into the blocks of the grid. */
export interface PcmGrid {
  /** The sequence of the block that is being filled. */
  readonly sequence: number;
  push(pcm: Pcm): void;
  /** Goes on so much later. What is short is filled with silence; over what is longer, whole blocks are left out. */
  skip(samples: number, longestSilence: number): void;
  /** Fills the open block with silence, and goes on with this sequence, or with its own when that is later. */
  goOnAt(sequence: number, longestSilence: number): void;
}

/** `start` in samples: what comes before the first whole block is left out. */
export function createPcmGrid(start: number, full: (block: Block) => void): PcmGrid {
  let sequence = Math.ceil(start / gridSamples);
  /** Samples to leave out until the first block. */
  let early = sequence * gridSamples - start;
  let open = new Int16Array(gridSamples * pcmChannels);
  let filled = 0;

  function push(pcm: Pcm): void {
    let at = Math.min(early * pcmChannels, pcm.length);
    early -= at / pcmChannels;
    while (at < pcm.length) {
      const part = pcm.subarray(at, at + open.length - filled);
      open.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < open.length) continue;
      const block = { sequence, pcm: open };
      sequence += 1;
      open = new Int16Array(gridSamples * pcmChannels);
      filled = 0;
      full(block);
    }
  }

  const silence = (samples: number): void => push(new Int16Array(Math.max(samples, 0) * pcmChannels));
  const untilFull = (): number => (filled === 0 ? 0 : gridSamples - filled / pcmChannels);

  function skip(samples: number, longestSilence: number): void {
    if (samples <= longestSilence) return silence(samples);
    const rest = samples - untilFull();
    silence(untilFull());
    sequence += Math.floor(rest / gridSamples);
    silence(rest % gridSamples);
  }

  return {
    get sequence() {
      return sequence;
    },
    push,
    skip,
    goOnAt(next, longestSilence) {
      early = 0;
      silence(untilFull());
      if (next > sequence) skip((next - sequence) * gridSamples, longestSilence);
    },
  };
}
