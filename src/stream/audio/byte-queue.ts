/** Bytes that have come and were not used yet. Adding costs the same whatever the pieces that they come in. */
export interface ByteQueue {
  readonly length: number;
  /** Counted from the first byte not used; undefined where none has come yet. */
  at(offset: number): number | undefined;
  /** A view that is true until the next `add`. */
  view(start: number, end: number): Uint8Array;
  /** A copy of the first bytes, which are used with it. */
  take(count: number): Uint8Array;
  skip(count: number): void;
  add(bytes: Uint8Array): void;
}

export function createByteQueue(): ByteQueue {
  let kept = new Uint8Array(4096);
  let start = 0;
  let end = 0;

  function makeRoom(count: number): void {
    if (end + count <= kept.length) return;
    const length = end - start;
    const target = length + count > kept.length / 2 ? new Uint8Array((length + count) * 2) : kept;
    target.set(kept.subarray(start, end));
    kept = target;
    start = 0;
    end = length;
  }

  return {
    get length() {
      return end - start;
    },
    at: (offset) => (start + offset < end ? kept[start + offset] : undefined),
    view: (from, to) => kept.subarray(start + from, Math.min(start + to, end)),
    take(count) {
      const taken = kept.slice(start, Math.min(start + count, end));
      start += taken.length;
      return taken;
    },
    skip(count) {
      start = Math.min(start + count, end);
    },
    add(bytes) {
      makeRoom(bytes.length);
      kept.set(bytes, end);
      end += bytes.length;
    },
  };
}
