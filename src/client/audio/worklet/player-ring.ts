/** How a ring plays, in samples of the output's rate. */
export interface RingReport {
  /** Sound that waits to be played. */
  readonly buffered: number;
  /** How often there was none although there should have been. */
  readonly underruns: number;
  /** False while sound is being gathered. */
  readonly isPlaying: boolean;
}

/** Sound between the network, which is uneven, and a loudspeaker, which never waits. */
export interface PlayerRing {
  /** Appends sound, an array for each channel. `isBroken`: it does not continue what came before. */
  push(planes: readonly Float32Array[], isBroken: boolean): void;
  /** Fills a block of the output. */
  read(outputs: readonly Float32Array[]): void;
  /** How much sound to gather before playing, in seconds. */
  setTarget(seconds: number): void;
  /** Forgets what waits, and gathers anew. */
  clear(): void;
  report(): RingReport;
}

/** Times are seconds. */
const tuning = {
  /** The least that has waited within so long is what was to spare; what came unevenly is left out of it by itself. */
  window: 4,
  /** So much shall always be to spare: enough for the service to count the buffer as well. */
  floor: 0.2,
  /** More beyond it than this is played a little faster, less a little slower: nobody hears one percent. */
  tooMuch: 0.06,
  tooLittle: 0.08,
  faster: 1.01,
  slower: 0.994,
  /** So much more than the target is not played but passed over: the machine slept. */
  passedOver: 1,
  /** Who runs dry gathers more from then on, up to a limit, and slowly less again. */
  moreAfterDry: 0.06,
  mostMore: 0.6,
  lessEach: 30,
  fade: 0.004,
  /** What comes in one go at the beginning has come within so long. */
  settling: 0.06,
} as const;

interface Piece {
  readonly planes: readonly Float32Array[];
  readonly length: number;
  readonly isBroken: boolean;
}

/** @param atFirst how much sound to gather before playing, in seconds */
export function createPlayerRing(sampleRate: number, atFirst: number): PlayerRing {
  const pieces: Piece[] = [];
  const fadeLength = Math.round(tuning.fade * sampleRate);
  let target = atFirst;
  let buffered = 0;
  /** Since the first sound that is gathered, in samples. */
  let gathering = 0;
  /** Where the first piece is played, and the part of a sample beyond. */
  let at = 0;
  let fraction = 0;
  let rate = 1;
  let underruns = 0;
  let isPlaying = false;
  /** Samples of a fade that are still to come, and where it began: a step in the sound would be a click. */
  let fading = 0;
  let held: number[] = [];
  let extra = 0;
  let least = Number.POSITIVE_INFINITY;
  let window = 0;
  let sinceDry = 0;
  const last: number[] = [];

  const wanted = () => (target + extra) * sampleRate;

  function drop(samples: number): void {
    let left = Math.floor(samples);
    while (left > 0) {
      const first = pieces[0];
      if (first === undefined) break;
      const step = Math.min(left, first.length - at);
      at += step;
      left -= step;
      buffered -= step;
      if (at >= first.length) next();
    }
    fade();
  }

  function fade(): void {
    held = [...last];
    fading = fadeLength;
  }

  function next(): void {
    pieces.shift();
    at = 0;
    if (pieces[0]?.isBroken === true) fade();
  }

  function dry(): void {
    isPlaying = false;
    fade();
    gathering = 0;
    underruns += 1;
    sinceDry = 0;
    rate = 1;
    fraction = 0;
    extra = Math.min(tuning.mostMore, extra + tuning.moreAfterDry);
  }

  /** Once in a window: whether there is too much or too little to spare. */
  function tune(length: number): void {
    least = Math.min(least, buffered);
    window += length;
    sinceDry += length;
    if (window < tuning.window * sampleRate) return;
    const spare = least - (tuning.floor + extra) * sampleRate;
    if (spare > tuning.tooMuch * sampleRate) rate = tuning.faster;
    else if (spare < -tuning.tooLittle * sampleRate) rate = tuning.slower;
    else if ((rate > 1 && spare <= 0.01 * sampleRate) || (rate < 1 && spare >= -0.02 * sampleRate)) rate = 1;
    if (rate === 1) fraction = 0;
    if (sinceDry > tuning.lessEach * sampleRate && extra > 0) {
      extra = Math.max(0, extra - tuning.moreAfterDry / 2);
      sinceDry = 0;
    }
    window = 0;
    least = buffered;
  }

  /** A sample of a channel at a distance from where is played; what is not there yet repeats what is. */
  function sample(channel: number, ahead: number): number {
    const first = pieces[0];
    if (first === undefined) return 0;
    const index = at + ahead;
    if (index < first.length) return planeOf(first, channel)[index] as number;
    const second = pieces[1];
    return second === undefined
      ? (planeOf(first, channel)[first.length - 1] as number)
      : (planeOf(second, channel)[0] as number);
  }

  /** Nothing to play: what was heard last dies away. */
  function fadeOut(outputs: readonly Float32Array[], from: number): void {
    const length = outputs[0]?.length ?? 0;
    for (let index = from; index < length; index += 1) {
      for (const [channel, output] of outputs.entries()) {
        last[channel] = ((held[channel] ?? 0) * fading) / fadeLength;
        output[index] = last[channel];
      }
      if (fading > 0) fading -= 1;
    }
  }

  return {
    push(planes, isBroken) {
      const length = planes[0]?.length ?? 0;
      if (length === 0) return;
      pieces.push({ planes, length, isBroken });
      buffered += length;
      const most = wanted() + tuning.passedOver * sampleRate;
      if (buffered > most) drop(buffered - wanted());
    },

    read(outputs) {
      const length = outputs[0]?.length ?? 0;
      if (!isPlaying && buffered > 0) gathering += length;
      if (!isPlaying && buffered >= wanted() && gathering >= tuning.settling * sampleRate) {
        // More that came in one go is no reason to be late for ever.
        drop(buffered - wanted());
        isPlaying = true;
        fade();
        window = 0;
        least = Number.POSITIVE_INFINITY;
      }
      if (!isPlaying) return fadeOut(outputs, 0);
      for (let index = 0; index < length; index += 1) {
        if (pieces.length === 0) {
          dry();
          return fadeOut(outputs, index);
        }
        const before = fading / fadeLength;
        for (const [channel, output] of outputs.entries()) {
          const here = sample(channel, 0);
          const value = fraction === 0 ? here : here + (sample(channel, 1) - here) * fraction;
          last[channel] = value * (1 - before) + (held[channel] ?? 0) * before;
          output[index] = last[channel];
        }
        if (fading > 0) fading -= 1;
        fraction += rate;
        while (fraction >= 1 && pieces[0] !== undefined) {
          fraction -= 1;
          at += 1;
          buffered -= 1;
          if (at >= pieces[0].length) next();
        }
        if (rate === 1) fraction = 0;
      }
      tune(length);
    },

    setTarget(seconds) {
      target = seconds;
    },

    clear() {
      if (isPlaying) fade();
      gathering = 0;
      pieces.length = 0;
      buffered = 0;
      at = 0;
      fraction = 0;
      rate = 1;
      isPlaying = false;
    },

    report: () => ({ buffered, underruns, isPlaying }),
  };
}

/** Mono plays on every channel. */
function planeOf({ planes }: Piece, channel: number): Float32Array {
  return (planes[channel] ?? planes[0]) as Float32Array;
}
