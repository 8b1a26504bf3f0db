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
  if (rate === sampleRate) return { push: ([left = nothing, right = left]) => interleave(left, right) };
  const common = greatestCommonDivisor(rate, sampleRate);
  const [up, down] = [sampleRate / common, rate / common];
  const phases = filterPhases(up);
  const [left, right] = [createHistory(), createHistory()];
  let phase = 0;

  return {
    push([newLeft = nothing, newRight = newLeft]) {
      left.add(newLeft);
      if (channelCount === 2) right.add(newRight);
      const { samples } = left;
      const others = channelCount === 2 ? right.samples : samples;
      const length = left.end();
      const pcm = new Int16Array((Math.ceil((newLeft.length * up) / down) + 1) * pcmChannels);
      let made = 0;
      let at = 0;
      for (; at + taps <= length; ) {
        const first = phase * taps;
        let sum = 0;
        let other = 0;
        for (let tap = 0; tap < taps; tap += 1) {
          const weight = phases[first + tap] as number;
          sum += (samples[at + tap] as number) * weight;
          other += (others[at + tap] as number) * weight;
        }
        pcm[made] = sample(sum);
        pcm[made + 1] = sample(other);
        made += pcmChannels;
        phase += down;
        while (phase >= up) {
          phase -= up;
          at += 1;
        }
      }
      left.drop(at);
      if (channelCount === 2) right.drop(at);
      return pcm.subarray(0, made);
    },
  };
}

const nothing = new Float32Array();

/** The samples that the filter still reaches. */
function createHistory() {
  let samples = new Float64Array(4096);
  /** Silence at first, so that the first sample comes out with the first that goes in. */
  let length = taps - 1;
  return {
    get samples() {
      return samples;
    },
    end: () => length,
    add(more: Float32Array) {
      if (length + more.length > samples.length) {
        const larger = new Float64Array((length + more.length) * 2);
        larger.set(samples.subarray(0, length));
        samples = larger;
      }
      samples.set(more, length);
      length += more.length;
    },
    drop(count: number) {
      samples.copyWithin(0, count, length);
      length -= count;
    },
  };
}

function interleave(left: Float32Array, right: Float32Array): Pcm {
  const pcm = new Int16Array(left.length * pcmChannels);
  for (let at = 0; at < left.length; at += 1) {
    pcm[at * pcmChannels] = sample(left[at] as number);
    pcm[at * pcmChannels + 1] = sample(right[at] as number);
  }
  return pcm;
}

const sample = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));

/** For each of `up` places after a source sample, one after the other: what its neighbours weigh there, together always 1. */
function filterPhases(up: number): Float64Array {
  const phases = new Float64Array(up * taps);
  for (let phase = 0; phase < up; phase += 1) {
    const place = taps / 2 - 1 + phase / up;
    const weights = Float64Array.from({ length: taps }, (_, tap) => {
      const distance = tap - place;
      return sinc(distance * cutoff) * kaiser(distance / (taps / 2));
    });
    const sum = weights.reduce((total, weight) => total + weight, 0);
    phases.set(
      weights.map((weight) => weight / sum),
      phase * taps,
    );
  }
  return phases;
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
