import { expect, test } from "vitest";
import { createPostgresPostings } from "#src/chat/store/postgres-postings.ts";
import type { Posting } from "#src/chat/store/postings.ts";
import { Failure, Reason } from "#src/platform/failure.ts";
import { limits } from "#src/platform/limits.ts";

const posting = {
  message: { roomId: "room" },
  event: { body: new Uint8Array(), holes: [0, 1], width: 1 },
} as unknown as Posting;

test("while the database stands still, only so many messages wait for it", async () => {
  const still = Promise.withResolvers<never>();
  const postings = createPostgresPostings({ read: undefined as never, statement: () => still.promise });
  const waiting = Array.from({ length: limits.store.writesWaiting }, () => postings.post(posting));
  const refused = new Failure(Reason.UNAVAILABLE, { sentence: "too many writes are waiting: try again" });
  await expect(postings.post(posting)).rejects.toThrow(refused.message);
  // Those that waited are answered, and others may wait.
  still.reject(new Failure(Reason.UNAVAILABLE));
  const ends = await Promise.allSettled(waiting);
  expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(["rejected"]));
  await expect(postings.post(posting)).rejects.not.toThrow(refused.message);
});
