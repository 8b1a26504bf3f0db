/** Bytes of one frame: MPEG-1 layer III, 128 kbit/s, 44.1 kHz, without padding. It plays 1152 samples. */
export const frameBytes = 417;
export const frameMs = (1152 * 1000) / 44_100;
/** Where a frame says its number: behind its header and side information. */
const numberAt = 36;

/**
 * Frames that no encoder made: silent to a decoder, each with its number in it and filled with a pattern that follows
 * from it. Whoever gets them can tell whether a single byte is missing or different.
 */
export function countingFrame(number: number): Buffer {
  const frame = Buffer.alloc(frameBytes);
  frame.set([0xff, 0xfb, 0x90, 0x44]);
  frame.writeUInt32BE(number, numberAt);
  for (let at = numberAt + 4; at < frameBytes; at += 1) frame[at] = (number * 31 + at * 7) & 0x7f;
  return frame;
}

export function countingFrames(from: number, count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, at) => countingFrame(from + at)));
}

/** The numbers of the frames that the bytes consist of. Throws where a byte is not as it was made. */
export function countedFrames(bytes: Buffer): number[] {
  const numbers: number[] = [];
  for (let at = 0; at + frameBytes <= bytes.length; at += frameBytes) {
    const number = bytes.readUInt32BE(at + numberAt);
    if (!bytes.subarray(at, at + frameBytes).equals(countingFrame(number))) {
      throw new Error(`the frame at byte ${at} is not as it was sent`);
    }
    numbers.push(number);
  }
  return numbers;
}
