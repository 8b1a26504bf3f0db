import { createMp3Encoder } from "../../src/stream/audio/mp3/encoder.ts";
import { createOpusEncoder } from "../../src/stream/audio/opus/encoder.ts";

const rate = 48_000;

/** Chords that change, in blocks of 20 ms, stereo: the same each time. */
function musicOf(seconds: number): Int16Array[] {
  return Array.from({ length: seconds * 50 }, (_, block) => {
    const pcm = new Int16Array(960 * 2);
    for (let at = 0; at < 960; at += 1) {
      const time = (block * 960 + at) / rate;
      const root = 110 * 2 ** (([0, 5, 7, 3][Math.floor(time / 2) % 4] as number) / 12);
      for (const [part, multiple] of [1, 1.5, 2.52, 4, 8.03].entries()) {
        const wave = (4000 / (part + 1)) * Math.sin(2 * Math.PI * root * multiple * time);
        pcm[at * 2] = (pcm[at * 2] as number) + wave;
        pcm[at * 2 + 1] = (pcm[at * 2 + 1] as number) + wave * 0.7;
      }
    }
    return pcm;
  });
}

/** Whole frames of MP3 at 128 kbit/s. Any of them may follow any other closely enough to go round in a circle. */
export async function mp3Of(seconds: number): Promise<Buffer[]> {
  const encoder = await createMp3Encoder(128_000);
  return musicOf(seconds).flatMap((pcm) => encoder.encode(pcm).map((frame) => Buffer.from(frame)));
}

/** How long a frame of `mp3Of` plays. */
export const mp3FrameMs = (1152 * 1000) / rate;

/** Packets of Opus of 20 ms. */
export function opusOf(seconds: number, bitrate: number): Uint8Array[] {
  const encoder = createOpusEncoder(bitrate);
  return musicOf(seconds).map((pcm) => encoder.encode(pcm));
}
