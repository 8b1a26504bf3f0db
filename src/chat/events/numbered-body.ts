/** The bytes of an event whose number is not known yet: whoever takes the number writes it, as a varint, into each hole. */
export interface NumberedBody {
  readonly body: Uint8Array;
  /** Where the holes begin. */
  readonly holes: readonly number[];
  /** How many bytes each hole holds; only numbers of as many fit. */
  readonly width: number;
}

/** How many bytes a number, from 1, takes as a varint. */
export function varintWidth(number: number): number {
  let width = 1;
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) width += 1;
  return width;
}

/**
 * Encodes an event that will have a number of as many bytes as `near`. What two numbers that differ in every byte are
 * encoded to differs in the holes, and nowhere else: nothing has to be known of where the number stands.
 */
export function numberedBody(near: number, encode: (number: number) => Uint8Array): NumberedBody {
  const width = varintWidth(near);
  const last = 2 ** (7 * (width - 1));
  let ones = 0;
  for (let byte = 0; byte < width - 1; byte += 1) ones += 2 ** (7 * byte);
  const body = encode(last);
  const other = encode(ones + 2 * last);
  const holes: number[] = [];
  for (let at = 0; at < body.length; at += 1) {
    if (body[at] === other[at]) continue;
    holes.push(at);
    at += width - 1;
  }
  return { body, holes, width };
}
