// Not the native codec: it keeps its working memory in one place for the whole process, and belongs to the worker that encodes
// what is on air. This form of it has a memory of its own.
import { Encoder } from "@evan/opus/wasm/index.mjs";
import { gridSamples, sampleRate } from "../stream/audio/index.ts";

const packets = 50;
const hertz = 440;
const amplitude = 0.25 * 32_767;

/** A second of a tone, as packets of Opus of 20 ms, stereo. */
export function testSound(): Uint8Array[] {
  const encoder = new Encoder({ channels: 2, sample_rate: sampleRate, application: "audio" });
  encoder.bitrate = 128_000;
  return Array.from({ length: packets }, (_, packet) => {
    const pcm = new Int16Array(gridSamples * 2);
    for (let at = 0; at < gridSamples; at += 1) {
      const turns = (hertz * (packet * gridSamples + at)) / sampleRate;
      pcm.fill(Math.round(amplitude * Math.sin(2 * Math.PI * turns)), at * 2, at * 2 + 2);
    }
    // The encoder uses the memory of a packet again.
    return encoder.encode(pcm).slice();
  });
}
