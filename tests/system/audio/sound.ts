import type { AudioPacket, SourceFormat, SourceSink, SourceTitle, SourceUnit } from "#src/stream/audio/index.ts";
import { createOpusDecoder } from "#src/stream/audio/opus/decoder.ts";
import { createOpusEncoder } from "#src/stream/audio/opus/encoder.ts";

export const rate = 48_000;

/** Interleaved stereo at 48 kHz: a sine on the left, another, half as loud, on the right. */
export function tone(seconds: number, left: number, right: number = left, amplitude = 0.5): Int16Array {
  const pcm = new Int16Array(Math.round(seconds * rate) * 2);
  for (let at = 0; at < pcm.length / 2; at += 1) {
    pcm[at * 2] = Math.round(32_767 * amplitude * Math.sin((2 * Math.PI * left * at) / rate));
    pcm[at * 2 + 1] = Math.round(32_767 * (amplitude / 2) * Math.sin((2 * Math.PI * right * at) / rate));
  }
  return pcm;
}

/** One channel, from -1 to 1. */
export function channel(pcm: Int16Array, which: 0 | 1): Float64Array {
  return Float64Array.from({ length: pcm.length / 2 }, (_, at) => (pcm[at * 2 + which] as number) / 32_768);
}

export interface Heard {
  /** Hz of the strongest tone. */
  readonly frequency: number;
  /** Its amplitude, 1 for full scale. */
  readonly amplitude: number;
  /** What is there beside it, against it, in dB. */
  readonly otherDb: number;
}

/** What a channel sounds like between two times in seconds. */
export function heard(samples: Float64Array, from: number, to: number, sampleRate = rate): Heard {
  const part = samples.slice(Math.round(from * sampleRate), Math.round(to * sampleRate));
  const size = 2 ** Math.floor(Math.log2(part.length));
  const spectrum = magnitudes(part.subarray(0, size));
  let strongest = 0;
  for (let bin = 1; bin < spectrum.length; bin += 1) {
    if ((spectrum[bin] as number) > (spectrum[strongest] as number)) strongest = bin;
  }
  let power = 0;
  let weighted = 0;
  let all = 0;
  for (let bin = 0; bin < spectrum.length; bin += 1) {
    const strength = (spectrum[bin] as number) ** 2;
    all += strength;
    if (Math.abs(bin - strongest) > 5) continue;
    power += strength;
    weighted += strength * bin;
  }
  return {
    frequency: ((weighted / power) * sampleRate) / size,
    amplitude: Math.sqrt((power * 4) / (windowPower * size * size)),
    otherDb: 10 * Math.log10((all - power) / power + 1e-20),
  };
}

/** Blackman and Harris: what leaks more than four bins away is 92 dB below. */
const window = [0.35875, -0.48829, 0.14128, -0.01168] as const;
const windowPower = window[0] ** 2 + (window[1] ** 2 + window[2] ** 2 + window[3] ** 2) / 2;

/** Of a windowed real signal, up to half of its rate. */
function magnitudes(samples: Float64Array): Float64Array {
  const size = samples.length;
  const real = Float64Array.from(samples, (value, at) => {
    const weights = window.map((part, turns) => part * Math.cos((2 * Math.PI * turns * at) / size));
    return value * weights.reduce((sum, weight) => sum + weight, 0);
  });
  const imaginary = new Float64Array(size);
  transform(real, imaginary);
  return Float64Array.from({ length: size / 2 }, (_, bin) => Math.hypot(real[bin] as number, imaginary[bin] as number));
}

/** The fast Fourier transform in place; the length is a power of two. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let at = 1, mirrored = 0; at < size; at += 1) {
    let bit = size >> 1;
    for (; mirrored & bit; bit >>= 1) mirrored ^= bit;
    mirrored ^= bit;
    if (at >= mirrored) continue;
    for (const values of [real, imaginary]) {
      const kept = values[at] as number;
      values[at] = values[mirrored] as number;
      values[mirrored] = kept;
    }
  }
  for (let length = 2; length <= size; length *= 2) {
    for (let turn = 0; turn < length / 2; turn += 1) {
      const angle = (-2 * Math.PI * turn) / length;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let at = turn; at < size; at += length) {
        const other = at + length / 2;
        const re = (real[other] as number) * cos - (imaginary[other] as number) * sin;
        const im = (real[other] as number) * sin + (imaginary[other] as number) * cos;
        real[other] = (real[at] as number) - re;
        imaginary[other] = (imaginary[at] as number) - im;
        real[at] = (real[at] as number) + re;
        imaginary[at] = (imaginary[at] as number) + im;
      }
    }
  }
}

/** Packets of 20 ms, as a source would have encoded the sound. */
export function opusPackets(pcm: Int16Array, bitrate = 96_000, firstSequence = 0): AudioPacket[] {
  const encoder = createOpusEncoder(bitrate);
  const packets: AudioPacket[] = [];
  for (let at = 0; at + 1920 <= pcm.length; at += 1920) {
    const sequence = firstSequence + packets.length;
    packets.push({ sequence, pts: sequence * 960, duration: 960, data: encoder.encode(pcm.subarray(at, at + 1920)) });
  }
  return packets;
}

/** What one decoder makes of packets that come one after the other. */
export function decodeOpus(packets: readonly { readonly data: Uint8Array }[]): Int16Array {
  const decoder = createOpusDecoder(0);
  const parts = packets.map(({ data }) => Int16Array.from(decoder.decode(data)));
  const pcm = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    pcm.set(part, at);
    at += part.length;
  }
  return pcm;
}

export interface Collected extends SourceSink {
  readonly formats: SourceFormat[];
  readonly units: SourceUnit[];
  readonly titles: SourceTitle[];
}

/** Keeps all that a reader tells. */
export function collect(): Collected {
  const formats: SourceFormat[] = [];
  const units: SourceUnit[] = [];
  const titles: SourceTitle[] = [];
  return {
    formats,
    units,
    titles,
    format: (format) => formats.push(format),
    unit: (unit) => units.push(unit),
    title: (title) => titles.push(title),
  };
}

/** Numbers that look random and are the same each time, from 0 to 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
