/** Mulberry32: the same numbers, from 0 to 1, for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Chance in the shapes that tests ask for. */
export interface Chance {
  /** A whole number from 0 up to, and without, the bound. */
  below(bound: number): number;
  one<Item>(items: readonly Item[]): Item;
  bytes(length: number): Buffer;
}

/** The same chance for the same seed. */
export function chanceOf(seed: number): Chance {
  const next = randomOf(seed);
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    below,
    one: (items) => items[below(items.length)] as (typeof items)[number],
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  };
}
