/** A map that forgets what was not asked for the longest once it holds `capacity` entries. */
export interface Lru<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
}

export function createLru<Key, Value>(capacity: number): Lru<Key, Value> {
  // A map keeps the order of insertion: what is used is moved to its end, what is forgotten stands at its start.
  const entries = new Map<Key, Value>();
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      entries.delete(key);
      if (entries.size >= capacity) entries.delete(entries.keys().next().value as Key);
      entries.set(key, value);
    },
    delete(key) {
      entries.delete(key);
    },
  };
}
