import { Encoder } from "@evan/opus";
import { type Pcm, pcmChannels } from "../codecs.ts";
import { sampleRate } from "../packet.ts";

/** How much later sound comes out of a decoder than it went into this encoder, in samples. */
export const encoderDelay = 312;

/** OPUS_SET_FORCE_CHANNELS and OPUS_AUTO. */
const setForceChannels = 4022;
const auto = -1000;

export interface OpusEncoder {
  /** Takes exactly 20 ms, returns one packet. */
  encode(pcm: Pcm): Uint8Array;
  /** Mono sound takes half the work, and all the bits. */
  channels(count: 1 | 2): void;
}

/** `bitrate` in bits a second. `complexity` from 0, cheap, to 10. */
export function createOpusEncoder(bitrate: number, complexity: OpusComplexity = complexityFor(bitrate)): OpusEncoder {
  const encoder = new Encoder({ channels: pcmChannels, sample_rate: sampleRate, application: "audio" });
  encoder.bitrate = bitrate;
  encoder.complexity = complexity;
  return {
    encode: (pcm) => encoder.encode(pcm),
    channels(count) {
      // The setter of the package does not know `auto`.
      encoder.ctl(setForceChannels, count === 1 ? 1 : auto);
    },
  };
}

export type OpusComplexity = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

/** Where there are few bits, finding out what they are best spent on is worth the time; above it is not heard. */
const complexityFor = (bitrate: number): OpusComplexity => (bitrate < 96_000 ? 9 : 5);
