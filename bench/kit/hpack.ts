export type HeaderList = readonly (readonly [name: string, value: string])[];

/** The names of HPACK's static table that requests here use (RFC 7541 appendix A). */
const staticNames: Readonly<Record<string, number>> = {
  ":authority": 1,
  ":path": 4,
  authorization: 23,
  "content-type": 31,
};
const staticPairs: Readonly<Record<string, number>> = { ":method POST": 3, ":scheme http": 6 };
const dynamicStart = 62;

/**
 * The header blocks of one connection that sends the same headers over and over: in full the first time, which puts them
 * into the peer's table, and as a byte each from then on, as any good client does.
 */
export function headerBlocks(headers: HeaderList): { first: Buffer; next: Buffer } {
  const first: Buffer[] = [];
  const dynamic = headers.filter(([name, value]) => staticPairs[`${name} ${value}`] === undefined);
  const next: number[] = [];
  for (const [name, value] of headers) {
    const pair = staticPairs[`${name} ${value}`];
    if (pair !== undefined) {
      first.push(Buffer.from([0x80 | pair]));
      next.push(0x80 | pair);
      continue;
    }
    const known = staticNames[name];
    first.push(known === undefined ? Buffer.concat([Buffer.from([0x40]), text(name)]) : Buffer.from([0x40 | known]));
    first.push(text(value));
    // The entry put in last has the lowest number.
    const position = dynamic.findIndex((each) => each[0] === name);
    next.push(0x80 | (dynamicStart + dynamic.length - 1 - position));
  }
  return { first: Buffer.concat(first), next: Buffer.from(next) };
}

/** A string without Huffman coding: a length in a prefix of 7 bits, and the bytes. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  while (rest >= 128) {
    length.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  length.push(rest);
  return Buffer.concat([Buffer.from(length), bytes]);
}
