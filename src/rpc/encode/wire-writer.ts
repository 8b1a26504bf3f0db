const smallest = 4096;
/** A larger message than this leaves no room behind that is as large. */
const largestKept = 256 * 1024;
const longestVarint = 10;

/** Writes protobuf's wire format into bytes that are there already: one message after the other uses the same. */
export class WireWriter {
  #bytes = Buffer.allocUnsafeSlow(smallest);
  #at = 0;

  varint(value: number): void {
    this.#reserve(longestVarint);
    this.#at = this.#putVarint(value, this.#at);
  }

  /** Below zero a number is written as the 64 bits of its two's complement. */
  varint64(value: bigint): void {
    if (value >= 0n && value <= Number.MAX_SAFE_INTEGER) return this.varint(Number(value));
    this.#reserve(longestVarint);
    let rest = BigInt.asUintN(64, value);
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#at++] = Number(rest);
  }

  float(value: number): void {
    this.#reserve(4);
    this.#at = this.#bytes.writeFloatLE(value, this.#at);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(longestVarint + value.length);
    this.#at = this.#putVarint(value.length, this.#at);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  string(value: string): void {
    // A character has three bytes at most, and a pair of them four.
    this.#reserve(longestVarint + value.length * 3);
    const start = this.#at;
    // Almost all text has one byte for a character: then its length is where it belongs.
    const from = this.#putVarint(value.length, start);
    const written = value.length < 32 ? this.#putShort(value, from) : this.#bytes.write(value, from);
    if (written === value.length) this.#at = from + written;
    else this.#putLength(start, from, written);
  }

  /** Begins something whose length is known at its end; to be given to `endLength`. */
  beginLength(): number {
    this.#reserve(1);
    return this.#at++;
  }

  endLength(start: number): void {
    const from = start + 1;
    const length = this.#at - from;
    this.#reserve(longestVarint);
    this.#putLength(start, from, length);
  }

  /** What was written, behind so many bytes that are free; and begins anew. */
  take(room: number): Buffer {
    const taken = Buffer.allocUnsafe(room + this.#at);
    this.#bytes.copy(taken, room, 0, this.#at);
    this.forget();
    return taken;
  }

  forget(): void {
    this.#at = 0;
    if (this.#bytes.length > largestKept) this.#bytes = Buffer.allocUnsafeSlow(smallest);
  }

  #putVarint(value: number, at: number): number {
    let rest = value;
    let to = at;
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) this.#bytes[to++] = (rest % 0x80) | 0x80;
    this.#bytes[to++] = rest;
    return to;
  }

  /** Up to where it is no plain ASCII it is copied here: a call to what can do more would cost more. */
  #putShort(value: string, from: number): number {
    for (let i = 0; i < value.length; i += 1) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return this.#bytes.write(value, from);
      this.#bytes[from + i] = code;
    }
    return value.length;
  }

  /** Puts a length before what is there already, which moves if the length is longer than was thought. */
  #putLength(start: number, from: number, length: number): void {
    let size = 1;
    for (let rest = length; rest > 0x7f; rest = Math.floor(rest / 0x80)) size += 1;
    if (start + size !== from) this.#bytes.copyWithin(start + size, from, from + length);
    this.#putVarint(length, start);
    this.#at = start + size + length;
  }

  #reserve(size: number): void {
    const needed = this.#at + size;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
