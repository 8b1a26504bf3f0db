/** Numbers and elements of EBML (RFC 8794). */

/** How many bytes a number that begins with this byte takes; 9 when none begins so. */
export const vintLength = (first: number): number => Math.clz32(first) - 23;

export interface Element {
  readonly id: number;
  readonly data: Uint8Array;
}

/** The elements inside another, as far as they are whole. */
export function* elements(data: Uint8Array): Generator<Element> {
  let at = 0;
  while (at < data.length) {
    const idLength = vintLength(data[at] as number);
    const sizeAt = at + idLength;
    const size = readVint(data, sizeAt);
    if (idLength > 4 || size === undefined || !Number.isFinite(size.value)) return;
    const start = sizeAt + size.length;
    if (start + size.value > data.length) return;
    yield { id: readUint(data.subarray(at, sizeAt)), data: data.subarray(start, start + size.value) };
    at = start + size.value;
  }
}

/** A size: infinite when it says "unknown". Undefined when the bytes end in it or it is longer than eight. */
export function readVint(data: Uint8Array, at: number): { value: number; length: number } | undefined {
  const first = data[at];
  if (first === undefined) return undefined;
  const length = vintLength(first);
  if (length > 8 || at + length > data.length) return undefined;
  let value = first & (0xff >> length);
  let unknown = value === 0xff >> length;
  for (let next = at + 1; next < at + length; next += 1) {
    const byte = data[next] as number;
    if (byte !== 0xff) unknown = false;
    value = value * 256 + byte;
  }
  return { value: unknown ? Number.POSITIVE_INFINITY : value, length };
}

export function readUint(data: Uint8Array): number {
  let value = 0;
  for (const byte of data) value = value * 256 + byte;
  return value;
}

/** An element of a size that is known: `undefined` writes one that is not, whose content follows. */
export function element(id: number, ...content: readonly (Uint8Array | undefined)[]): Uint8Array {
  const idBytes = uint(id);
  if (content.includes(undefined))
    return Buffer.concat([idBytes, Uint8Array.of(0x01, 255, 255, 255, 255, 255, 255, 255)]);
  const parts = content as readonly Uint8Array[];
  return Buffer.concat([idBytes, size(parts.reduce((sum, { length }) => sum + length, 0)), ...parts]);
}

function size(value: number): Uint8Array {
  if (value < 0x7f) return Uint8Array.of(0x80 | value);
  if (value < 0x3fff) return Uint8Array.of(0x40 | (value >> 8), value & 0xff);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, 0x1000_0000 | value);
  return bytes;
}

/** As few bytes as it takes. */
export function uint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

export function float(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
}
