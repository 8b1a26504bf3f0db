import { expect, test } from "vitest";
import type { StreamId } from "#src/platform/ids.ts";
import { createLog } from "#src/platform/log.ts";
import { createOnAirEvents } from "#src/stream/on-air.ts";

test("a stream whose end could not be stored ends later, unless its source has come back", async () => {
  const ended: string[] = [];
  let isAway = true;
  let hasSource: string | undefined;
  const events = createOnAirEvents({
    ...({} as Parameters<typeof createOnAirEvents>[0]),
    log: createLog({ level: "silent", format: "json" }),
    live: () => ({ hasSource: (streamId) => streamId === hasSource }),
    broadcasts: {
      async end(streamId) {
        if (isAway) throw new Error("the database is away");
        ended.push(streamId);
      },
      changeMetadata: async () => undefined,
      fail: async () => undefined,
    },
  });
  const { signal } = new AbortController();
  await events.sourceGone("one" as StreamId);
  await events.sourceGone("two" as StreamId);
  await expect(events.endMissed(signal)).rejects.toThrow("away");
  expect(ended).toEqual([]);

  isAway = false;
  hasSource = "two";
  await events.endMissed(signal);
  hasSource = undefined;
  await events.endMissed(signal);
  expect(ended).toEqual(["one"]);
});
