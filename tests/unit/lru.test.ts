import fc from "fast-check";
import { expect, test } from "vitest";
import { createLru } from "#src/platform/access/lru.ts";

test("holds no more than its capacity, never a wrong value, and keeps what is asked for all the time", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.boolean()), { maxLength: 400 }), (steps) => {
      const capacity = 10;
      const lru = createLru<number, number>(capacity);
      lru.set(-1, -1);
      for (const [key, writes] of steps) {
        if (writes) lru.set(key, key);
        else expect([undefined, key]).toContain(lru.get(key));
        expect(lru.get(-1)).toBe(-1);
      }
      const held = Array.from({ length: 42 }, (_, index) => index - 1).filter((key) => lru.get(key) !== undefined);
      expect(held.length).toBeLessThanOrEqual(capacity);
    }),
    { seed: 3, numRuns: 200 },
  );
});
