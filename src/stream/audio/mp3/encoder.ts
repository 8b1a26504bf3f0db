import { createMp3Encoder as createLame } from "wasm-media-encoders";
import { type Pcm, pcmChannels } from "../codecs.ts";
import { sampleRate } from "../packet.ts";
import type { SourceUnit } from "../source.ts";
import { createMp3Frames } from "./frames.ts";

export interface Mp3Encoder {
  /** The frames that are complete with this sound. */
  encode(pcm: Pcm): Uint8Array[];
}

/** Frames of 48 kHz joint stereo, all of the same size. `bitrate` in bits a second: 64000, 128000, 256000 or 320000. */
export async function createMp3Encoder(bitrate: number): Promise<Mp3Encoder> {
  const lame = await createLame();
  const kilobits = (bitrate / 1000) as 64 | 128 | 256 | 320;
  lame.configure({ sampleRate, channels: pcmChannels, bitrate: kilobits, outputSampleRate: sampleRate });
  let frames: Uint8Array[] = [];
  let [left, right] = channelsOf(new Int16Array());
  const cut = createMp3Frames(
    {
      format() {},
      title() {},
      unit: ({ data }: SourceUnit) => frames.push(data),
    },
    { skippedBytes: 0, damaged: 0, late: 0, lostSamples: 0 },
  );
  return {
    encode(pcm) {
      frames = [];
      if (left.length * pcmChannels < pcm.length) [left, right] = channelsOf(pcm);
      cut(lame.encode([separate(pcm, 0, left), separate(pcm, 1, right)]));
      return frames;
    },
  };
}

/** Writes one channel, from -1 to 1. A plain loop: this is done to every sample. */
function separate(pcm: Pcm, which: number, into: Float32Array): Float32Array {
  const samples = pcm.length / pcmChannels;
  for (let at = 0; at < samples; at += 1) into[at] = (pcm[at * pcmChannels + which] as number) / 32_768;
  return into.length === samples ? into : into.subarray(0, samples);
}

const channelsOf = ({ length }: Pcm): [Float32Array, Float32Array] => [
  new Float32Array(length / pcmChannels),
  new Float32Array(length / pcmChannels),
];
