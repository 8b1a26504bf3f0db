import { expect, test } from "vitest";
import { newId, type RoomId } from "#src/platform/ids.ts";

test("ids are UUIDv7, all different, and sort in the order in which they were made", () => {
  const ids = Array.from({ length: 50_000 }, () => newId<RoomId>());
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
  const madeAt = Number.parseInt((ids[0] as string).replaceAll("-", "").slice(0, 12), 16);
  expect(Math.abs(madeAt - Date.now())).toBeLessThan(60_000);
});
