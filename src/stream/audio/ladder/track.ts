import { bounds } from "../bounds.ts";
import { type Pcm, pcmChannels } from "../codecs.ts";
import { createMp3Encoder, type Mp3Encoder } from "../mp3/encoder.ts";
import { createOpusEncoder, encoderDelay, type OpusEncoder } from "../opus/encoder.ts";
import { type AudioPacket, gridSamples } from "../packet.ts";
import type { Block } from "../pcm-grid.ts";
import type { Codec } from "../rendition.ts";

/** One rendition in the making. */
export interface Track {
  /** Takes blocks in the order of their sequence. */
  push(block: Block): AudioPacket[];
  channels(count: 1 | 2): void;
}

export interface TrackOptions {
  readonly codec: Codec;
  /** Bits a second. */
  readonly bitrate: number;
  /** The sequence from which on packets are of use; before, the encoder only settles. */
  readonly from: number;
}

export async function createTrack({ codec, bitrate, from }: TrackOptions): Promise<Track> {
  return codec === "opus"
    ? opusTrack(createOpusEncoder(bitrate), from)
    : mp3Track(await createMp3Encoder(bitrate), from);
}

/**
 * Feeds the encoder as much ahead as it delays, so that packets of every rendition sound the same as those of the source
 * with the same sequence: who changes between them hears neither a repetition nor a gap.
 */
function opusTrack(encoder: OpusEncoder, from: number): Track {
  const ahead = encoderDelay * pcmChannels;
  let last: Block | undefined;

  function packet(block: Block, next: Pcm | undefined): AudioPacket[] {
    const pcm = new Int16Array(block.pcm.length);
    pcm.set(block.pcm.subarray(ahead));
    if (next !== undefined) pcm.set(next.subarray(0, ahead), pcm.length - ahead);
    const { sequence } = block;
    const data = encoder.encode(pcm);
    return sequence < from ? [] : [{ sequence, pts: sequence * gridSamples, duration: gridSamples, data }];
  }

  return {
    push(block) {
      const before = last;
      last = block;
      if (before === undefined) return [];
      return packet(before, block.sequence === before.sequence + 1 ? block.pcm : undefined);
    },
    channels: (count) => encoder.channels(count),
  };
}

const mp3FrameSamples = 1152;

/** Frames do not fit the grid: they are counted from where they began, and what is left out moves them on. */
function mp3Track(encoder: Mp3Encoder, from: number): Track {
  let next: number | undefined;
  let pts = 0;
  return {
    push({ sequence, pcm }) {
      pts += (sequence - (next ?? 0)) * gridSamples;
      next = sequence + 1;
      const packets: AudioPacket[] = [];
      for (const data of encoder.encode(pcm)) {
        if (pts >= from * gridSamples) packets.push({ sequence: 0, pts, duration: mp3FrameSamples, data });
        pts += mp3FrameSamples;
      }
      return packets;
    },
    channels() {},
  };
}

/** How many blocks before the first one of use an encoder is fed. */
export const settleBlocks = Math.ceil(bounds.settleSamples / gridSamples);
