import { Decoder } from "@evan/opus";
import { type AudioDecoder, type Pcm, pcmChannels } from "../codecs.ts";
import { sampleRate } from "../packet.ts";
import { concealment } from "./toc.ts";

/** `gain` as in OpusHead. The codec's memory is freed with the object. */
export function createOpusDecoder(gain: number): AudioDecoder {
  const decoder = new Decoder({ channels: pcmChannels, sample_rate: sampleRate });
  if (gain !== 0) decoder.gain = gain;
  const decode = (data: Uint8Array): Pcm => {
    const bytes = decoder.decode(data);
    return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Int16Array.BYTES_PER_ELEMENT);
  };
  return {
    decode,
    conceal(data, samples) {
      const made = new Int16Array(samples * pcmChannels);
      const piece = concealment(data[0] ?? 0);
      for (let at = 0; at < made.length; ) {
        const pcm = decode(piece).subarray(0, made.length - at);
        made.set(pcm, at);
        at += pcm.length;
      }
      return made;
    },
    [Symbol.dispose]() {},
  };
}
