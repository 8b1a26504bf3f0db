import { type Pcm, pcmChannels } from "./codecs.ts";
import { sampleRate } from "./packet.ts";

/** From another rate to 48 kHz, in pieces of any length that come out as if they were one. */
export interface Resampler {
  /** Takes each channel's samples from -1 to 1; a single one comes out in both. */
  push(channels: readonly Float32Array[]): Pcm;
}

/** Source samples that each sample is made of. */
const taps = 48;
/** Of the window: side lobes below -80 dB. */
const kaiserBeta = 8;
/** How much of the source's band is kept. */
const cutoff = 0.94;

/**
 * A polyphase filter with a windowed sinc: one set of weights for each place between two source samples that occurs.
 * Sound comes out half the filter later than it went in; together it is as long, to the sample.
 */
export function createResampler(rate: number, channelCount: 1 | 2): Resampler {
  if (rate === sampleRate) return { push: (channels) => interleave(channels) };
  const common = greatestCommonDivisor(rate, sampleRate);
  const [up, down] = [sampleRate / common, rate / common];
  const phases = filterPhases(up);
  /** The last samples of before, so that the filter reaches back. */
  let kept = Array.from({ length: channelCount }, () => new Float32Array(taps - 1));
  /** Where the next sample is made: whole source samples into `kept`, and parts of `up` between them. */
  let at = 0;
  let phase = 0;

  return {
    push(channels) {
      const joined = kept.map((before, which) => join(before, channels[which] ?? channels[0] ?? new Float32Array()));
      const length = joined[0]?.length ?? 0;
      const made: Float32Array[] = joined.map(() => new Float32Array(Math.ceil(((length - at) * up) / down) + 1));
      let count = 0;
      while (at + taps <= length) {
        const weights = phases[phase] as Float32Array;
        for (let which = 0; which < joined.length; which += 1) {
          (made[which] as Float32Array)[count] = weighted(joined[which] as Float32Array, at, weights);
        }
        count += 1;
        phase += down;
        while (phase >= up) {
          phase -= up;
          at += 1;
        }
      }
      const used = Math.min(at, length);
      kept = joined.map((all) => all.slice(used));
      at -= used;
      return interleave(made.map((all) => all.subarray(0, count)));
    },
  };
}

function weighted(samples: Float32Array, at: number, weights: Float32Array): number {
  let sum = 0;
  for (let tap = 0; tap < taps; tap += 1) sum += (samples[at + tap] as number) * (weights[tap] as number);
  return sum;
}

function join(before: Float32Array, after: Float32Array): Float32Array {
  const all = new Float32Array(before.length + after.length);
  all.set(before);
  all.set(after, before.length);
  return all;
}

function interleave(channels: readonly Float32Array[]): Pcm {
  const [left = new Float32Array(), right = left] = channels;
  const pcm = new Int16Array(left.length * pcmChannels);
  for (let at = 0; at < left.length; at += 1) {
    pcm[at * 2] = sample(left[at] as number);
    pcm[at * 2 + 1] = sample(right[at] as number);
  }
  return pcm;
}

const sample = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));

/** For each of `up` places after a source sample: what its neighbours weigh there, together always 1. */
function filterPhases(up: number): Float32Array[] {
  return Array.from({ length: up }, (_, phase) => {
    const place = taps / 2 - 1 + phase / up;
    const weights = Float32Array.from({ length: taps }, (_, tap) => {
      const distance = tap - place;
      return sinc(distance * cutoff) * kaiser(distance / (taps / 2));
    });
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  });
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** From -1 to 1. */
function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel(kaiserBeta * Math.sqrt(1 - x * x)) / bessel(kaiserBeta);
}

/** The modified Bessel function of the first kind, order zero, by its series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}
