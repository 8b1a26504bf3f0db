/** What stands in front of Opus in Ogg and WebM (RFC 7845 §5.1). */
export interface OpusHead {
  readonly channels: number;
  /** Samples of 48 kHz at the beginning that are not to be heard. */
  readonly preSkip: number;
  /** 1/256 dB. */
  readonly gain: number;
  /** Whether one decoder of one or two channels plays it. */
  readonly plain: boolean;
}

const magic = new TextEncoder().encode("OpusHead");

export function isOpusHead(data: Uint8Array): boolean {
  return magic.every((byte, at) => data[at] === byte);
}

/** Undefined when the bytes are none, or of a version to come that cannot be read. */
export function readOpusHead(data: Uint8Array): OpusHead | undefined {
  if (data.length < 19 || !isOpusHead(data)) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (view.getUint8(8) >> 4 !== 0) return undefined;
  const channels = view.getUint8(9);
  const family = view.getUint8(18);
  // With a mapping: the number of streams, then how many of them are stereo.
  const oneStream = family === 0 || (data.length >= 21 && view.getUint8(19) === 1);
  return {
    channels,
    preSkip: view.getUint16(10, true),
    gain: view.getInt16(16, true),
    plain: oneStream && (channels === 1 || channels === 2),
  };
}

/** For two channels: mono packets play in both. */
export function writeOpusHead(preSkip: number): Uint8Array {
  const head = new Uint8Array(19);
  const view = new DataView(head.buffer);
  head.set(magic);
  view.setUint8(8, 1);
  view.setUint8(9, 2);
  view.setUint16(10, preSkip, true);
  view.setUint32(12, 48_000, true);
  return head;
}
