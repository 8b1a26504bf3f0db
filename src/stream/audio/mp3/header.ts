/** The four bytes in front of every frame of MPEG audio, layer III (ISO 11172-3, 13818-3, and "MPEG 2.5"). */
export interface FrameHeader {
  readonly version: 1 | 2 | 2.5;
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Bits a second. */
  readonly bitrate: number;
  /** Samples for each channel. */
  readonly samples: number;
  /** Bytes of the whole frame, header included. */
  readonly size: number;
  /** Bytes until behind the side information, where a Xing header would be. */
  readonly sideEnd: number;
}

export const headerBytes = 4;

const versions = [2.5, undefined, 2, 1] as const;
const rates = [44_100, 48_000, 32_000] as const;
/** In kbit/s: the first row for MPEG 1, the second for the others. Free format, index 0, is not read. */
const kilobits = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;

/** Undefined when the bytes are no header. */
export function readHeader(at: (offset: number) => number | undefined): FrameHeader | undefined {
  const [first, second, third, fourth] = [at(0), at(1), at(2), at(3)];
  if (first !== 0xff || second === undefined || third === undefined || fourth === undefined) return undefined;
  const version = versions[(second >> 3) & 3];
  const layerThree = (second & 0xe6) === 0xe2;
  const rate = rates[(third >> 2) & 3];
  if (!layerThree || version === undefined || rate === undefined) return undefined;
  const kilo = kilobits[version === 1 ? 0 : 1][third >> 4];
  if (!kilo) return undefined;
  const sampleRate = rate / (version === 1 ? 1 : version === 2 ? 2 : 4);
  const samples = version === 1 ? 1152 : 576;
  const channels = fourth >> 6 === 3 ? 1 : 2;
  const side = version === 1 ? (channels === 1 ? 17 : 32) : channels === 1 ? 9 : 17;
  const checksum = second & 1 ? 0 : 2;
  return {
    version,
    sampleRate,
    channels,
    bitrate: kilo * 1000,
    samples,
    size: Math.floor((samples * kilo * 125) / sampleRate) + ((third >> 1) & 1),
    sideEnd: headerBytes + checksum + side,
  };
}

/** Whether both can be of the same stream. */
export function agree(one: FrameHeader, other: FrameHeader): boolean {
  return one.version === other.version && one.sampleRate === other.sampleRate;
}

/** Whether a frame holds no sound but facts of its file: "Xing", "Info" or "VBRI". */
export function isFacts(frame: Uint8Array, header: FrameHeader): boolean {
  const word = (at: number) => String.fromCharCode(...frame.subarray(at, at + 4));
  // Many write it where it would be without a checksum, whatever the header says of one.
  return [header.sideEnd, header.sideEnd - 2].some((at) => ["Xing", "Info"].includes(word(at))) || word(36) === "VBRI";
}
