import { MPEGDecoder } from "mpg123-decoder";
import type { AudioDecoder, Pcm } from "../codecs.ts";
import { pcmChannels } from "../codecs.ts";
import { createResampler } from "../resample.ts";

/** Of frames of one rate. */
export async function createMp3Decoder(format: { sampleRate: number; channels: 1 | 2 }): Promise<AudioDecoder> {
  const decoder = new MPEGDecoder({ enableGapless: false });
  await decoder.ready;
  const resampler = createResampler(format.sampleRate, format.channels);
  return {
    decode(frame) {
      const { channelData, errors } = decoder.decodeFrame(frame);
      if (errors.length > 0) throw new Error(errors[0]?.message ?? "mpg123");
      return resampler.push(channelData.slice(0, format.channels));
    },
    conceal: (_frame, samples): Pcm => new Int16Array(samples * pcmChannels),
    [Symbol.dispose]: () => decoder.free(),
  };
}
