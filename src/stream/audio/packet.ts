/** Every rate inside is this one, whatever the source has. */
export const sampleRate = 48_000;
/** The grid: 20 ms. */
export const gridSamples = 960;

/**
 * One packet of sound. In Opus every rendition of a stream has its packets on the same grid, where `pts` is
 * `sequence * 960`: a listener goes from one rendition to another by going on with the next sequence.
 * MP3 frames are counted by themselves and last as long as their rate makes them last.
 */
export interface AudioPacket {
  readonly sequence: number;
  /** When it plays, in samples of 48 kHz. */
  readonly pts: number;
  /** How long it plays, in samples of 48 kHz. */
  readonly duration: number;
  /** Nobody changes these bytes: they are shared by whoever sends them. */
  readonly data: Uint8Array;
}
