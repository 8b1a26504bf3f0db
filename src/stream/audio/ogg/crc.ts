/** Ogg's own checksum: polynomial 04c11db7, nothing reflected (RFC 3533 §6). */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value & 0x8000_0000 ? (value << 1) ^ 0x04c1_1db7 : value << 1;
  return value >>> 0;
});

/** Of a whole page, as if the four bytes that hold it were zero. */
export function pageCrc(page: Uint8Array): number {
  let crc = 0;
  for (let at = 0; at < page.length; at += 1) {
    const byte = at >= 22 && at < 26 ? 0 : (page[at] as number);
    crc = (crc << 8) ^ (table[((crc >>> 24) ^ byte) & 0xff] as number);
  }
  return crc >>> 0;
}
