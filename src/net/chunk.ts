const lineEnd = Buffer.from("\r\n");

/**
 * The last pieces that were written, as chunks: what goes to a thousand readers is put into a chunk once. A chunk lives as
 * long as its piece.
 */
const made = new WeakMap<Uint8Array, Buffer>();

/** Bytes as one chunk of HTTP/1.1's chunked coding (RFC 9112 §7.1). */
export function chunkOf(bytes: Uint8Array): Buffer {
  let chunk = made.get(bytes);
  if (chunk === undefined) {
    chunk = Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, lineEnd]);
    made.set(bytes, chunk);
  }
  return chunk;
}
