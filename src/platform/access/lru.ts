/**
 * A map of at most `capacity` entries that forgets what was not asked for lately. In two generations: what was asked
 * for since the last turn, and what was before. A hit among the recent ones moves nothing.
 */
export interface Lru<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
}

export function createLru<Key, Value>(capacity: number): Lru<Key, Value> {
  const perGeneration = Math.max(1, Math.floor(capacity / 2));
  let recent = new Map<Key, Value>();
  let older = new Map<Key, Value>();

  function remember(key: Key, value: Value): void {
    if (recent.size >= perGeneration && !recent.has(key)) {
      older = recent;
      recent = new Map();
    }
    recent.set(key, value);
  }

  return {
    get(key) {
      const found = recent.get(key);
      if (found !== undefined) return found;
      const old = older.get(key);
      if (old === undefined) return undefined;
      older.delete(key);
      remember(key, old);
      return old;
    },
    set(key, value) {
      older.delete(key);
      remember(key, value);
    },
    delete(key) {
      recent.delete(key);
      older.delete(key);
    },
  };
}
