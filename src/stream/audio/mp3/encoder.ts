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
      cut(lame.encode([channel(pcm, 0), channel(pcm, 1)]));
      return frames;
    },
  };
}

function channel(pcm: Pcm, which: number): Float32Array {
  return Float32Array.from(
    { length: pcm.length / pcmChannels },
    (_, at) => (pcm[at * pcmChannels + which] ?? 0) / 32_768,
  );
}
