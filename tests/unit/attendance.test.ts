import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import { type Changes, createAttendance, type Wish } from "#src/chat/presence/attendance.ts";
import type { UserId } from "#src/platform/ids.ts";
import { limits } from "#src/platform/limits.ts";
import { createLog } from "#src/platform/log.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a wish not to be seen counts also when an older one was just being read", async () => {
  const userId = "1" as UserId;
  const told: Changes[] = [];
  const older = Promise.withResolvers<ReadonlyMap<UserId, Wish>>();
  const answers = [
    older.promise,
    Promise.resolve(new Map([[userId, { status: PresenceStatus.OFFLINE, text: "", blocked: [] }]])),
  ];
  using attendance = createAttendance({
    wishes: () => answers.shift() ?? Promise.reject(new Error("asked once too often")),
    onChanges: (changes) => told.push(changes),
    log: createLog({ level: "silent", format: "json" }),
  });
  attendance.attend({ userId, username: "one" }, []);
  await vi.advanceTimersByTimeAsync(limits.presence.gatherMs);
  attendance.look(userId);
  older.resolve(new Map([[userId, { status: PresenceStatus.BUSY, text: "an older wish", blocked: [] }]]));
  await vi.advanceTimersByTimeAsync(3 * limits.presence.gatherMs);
  expect(told.flatMap(({ here }) => here)).toEqual([]);
  expect(told.flatMap(({ hidden }) => hidden)).toEqual([userId]);
});
