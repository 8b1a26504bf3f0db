/** One message of a Connect stream: a byte of flags, its length, itself. */
export function envelope(message: Uint8Array): Uint8Array {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

export interface Envelope {
  /** The last one: not a message, but how the stream ended. */
  readonly isEnd: boolean;
  readonly bytes: Buffer;
}

/** Takes a stream apart as it comes. */
export function envelopes(): (chunk: Buffer) => Envelope[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const found: Envelope[] = [];
    while (rest.length >= 5) {
      const end = 5 + rest.readUInt32BE(1);
      if (rest.length < end) break;
      found.push({ isEnd: ((rest[0] ?? 0) & 2) !== 0, bytes: rest.subarray(5, end) });
      rest = rest.subarray(end);
    }
    return found;
  };
}
