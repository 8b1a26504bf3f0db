/** How loud it is: both from 0 for silence to 1 for as loud as can be. */
export interface Level {
  readonly peak: number;
  readonly rms: number;
}

export const SILENCE: Level = { peak: 0, rms: 0 };

/** The quietest that a meter shows, in dB below the loudest. */
const FLOOR_DB = 60;

/** A node's own memory of the last moment, and a way to read it. */
export function levelReader(analyser: AnalyserNode): () => Level {
  const samples = new Float32Array(analyser.fftSize);
  return () => {
    analyser.getFloatTimeDomainData(samples);
    return levelOf(samples);
  };
}

export function levelOf(samples: Float32Array): Level {
  let peak = 0;
  let power = 0;
  for (const sample of samples) {
    peak = Math.max(peak, Math.abs(sample));
    power += sample * sample;
  }
  return { peak: Math.min(1, peak), rms: Math.min(1, Math.sqrt(power / Math.max(1, samples.length))) };
}

/** Where an amplitude stands on a meter, from 0 to 1: ears count in decibels. */
export function onMeter(amplitude: number): number {
  if (amplitude <= 0) return 0;
  return Math.min(1, Math.max(0, 1 + (20 * Math.log10(amplitude)) / FLOOR_DB));
}
