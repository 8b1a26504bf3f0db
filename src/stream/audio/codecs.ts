/** Sound of the source as a worker has it: 48 kHz, two channels, interleaved, whatever the source has. */
export type Pcm = Int16Array;

export const pcmChannels = 2;

/** From units of one source to sound, in their order. */
export interface AudioDecoder extends Disposable {
  /** What can be heard after this unit, which may be more or less than it is long. Throws when it cannot be decoded. */
  decode(data: Uint8Array): Pcm;
  /** In the place of a unit that cannot be decoded: so many samples, made up from what was before or silent. */
  conceal(data: Uint8Array, samples: number): Pcm;
}
