import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { Changes } from "#src/chat/presence/attendance.ts";
import { createPresenceExchange } from "#src/chat/presence/presence-exchange.ts";
import { createPresentUsers, type PresenceEdge, type PresentUser } from "#src/chat/presence/present-users.ts";
import { createLocalBus } from "#src/platform/bus/local-bus.ts";
import type { RoomId, UserId } from "#src/platform/ids.ts";
import { limits } from "#src/platform/limits.ts";
import { createLog } from "#src/platform/log.ts";

const { graceMs, aliveMs, silentMs, usersAtOnce } = limits.presence;
const bus = createLocalBus({ log: createLog({ level: "silent", format: "json" }) });
const roomId = "room" as RoomId;
const user = (userId: string, rooms = [roomId], blocked: UserId[] = []): PresentUser => ({
  userId: userId as UserId,
  username: `user ${userId}`,
  status: PresenceStatus.ONLINE,
  text: "",
  rooms,
  blocked,
});
const changes = (some: Partial<Changes>): Changes => ({ here: [], left: [], hidden: [], ...some });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What one process knows. `isDeaf` while it hears nothing, `isMute` while nothing is heard of it. */
function startProcess() {
  const edges: [string, PresenceStatus][] = [];
  const users = createPresentUsers({
    graceMs,
    onEdge: ({ userId, status }: PresenceEdge) => void edges.push([userId, status]),
  });
  const state = { isDeaf: false, isMute: false };
  const exchange = createPresenceExchange({
    bus: {
      ...bus,
      publish: (subject, payload) => {
        if (!state.isMute) bus.publish(subject, payload);
      },
      subscribe: (subject, listener) =>
        bus.subscribe(subject, (payload, delivery) => {
          if (!state.isDeaf) listener(payload, delivery);
        }),
    },
    clock: { now: () => Date.now() },
    users,
    onLook: () => undefined,
  });
  return { users, edges, exchange, state };
}

test("processes know each other's users, who came before and who come later", () => {
  const one = startProcess();
  one.exchange.tell(changes({ here: [user("1")] }));
  const two = startProcess();
  two.exchange.tell(changes({ here: [user("2")] }));
  for (const { users } of [one, two]) expect([users.countIn(roomId), users.isOnline("1" as UserId)]).toEqual([2, true]);
  expect(one.edges).toEqual(two.edges);

  // Also at the other: came once, and goes when the last is gone.
  two.exchange.tell(changes({ here: [user("1")] }));
  one.exchange.tell(changes({ left: ["1" as UserId] }));
  vi.advanceTimersByTime(graceMs);
  expect(one.users.isOnline("1" as UserId)).toBe(true);
  two.exchange.tell(changes({ left: ["1" as UserId] }));
  vi.advanceTimersByTime(graceMs);
  expect([one.users.countIn(roomId), two.users.countIn(roomId)]).toEqual([1, 1]);
  expect(one.edges.filter(([id]) => id === "1").map(([, status]) => status)).toEqual([
    PresenceStatus.ONLINE,
    PresenceStatus.OFFLINE,
  ]);
  for (const { exchange } of [one, two]) exchange[Symbol.dispose]();
});

test("what one did not hear it asks for, once it hears again", () => {
  const [one, two] = [startProcess(), startProcess()];
  const many = Array.from({ length: usersAtOnce + 5 }, (_, index) => user(String(index + 1)));
  two.state.isDeaf = true;
  for (const each of many) one.exchange.tell(changes({ here: [each] }));
  one.exchange.tell(changes({ left: ["1" as UserId] }));
  two.state.isDeaf = false;
  vi.advanceTimersByTime(aliveMs);
  expect(two.users.countIn(roomId)).toBe(many.length - 1);
  for (const { exchange } of [one, two]) exchange[Symbol.dispose]();
});

test("the users of a process that was killed have left soon, those who found another one never", () => {
  const [one, two] = [startProcess(), startProcess()];
  one.exchange.tell(changes({ here: [user("1"), user("2")] }));
  one.state.isMute = true;
  two.exchange.tell(changes({ here: [user("2")] }));
  vi.advanceTimersByTime(silentMs + aliveMs + graceMs);
  expect([two.users.isOnline("1" as UserId), two.users.isOnline("2" as UserId)]).toEqual([false, true]);
  expect(two.edges.filter(([id]) => id === "2")).toEqual([["2", PresenceStatus.ONLINE]]);
  for (const { exchange } of [one, two]) exchange[Symbol.dispose]();
});

test("users with many rooms, who blocked many, are told in messages of bounded size", () => {
  const sizes: number[] = [];
  using _ = bus.subscribe("chat.presence", (payload) => void sizes.push(payload.length));
  const one = startProcess();
  const two = startProcess();
  const many = Array.from({ length: 1000 }, (_, index) => `0199-${index}-0000-7000-8000-00000000` as RoomId);
  const blocked = Array.from({ length: 1000 }, (_, index) => String(10_000_000 + index) as UserId);
  const here = Array.from({ length: 20 }, (_, index) => user(String(index + 1), many, blocked));
  one.exchange.tell(changes({ here, hidden: ["99" as UserId] }));
  const late = startProcess();
  for (const { users } of [one, two, late]) expect(users.countIn(many[0] as RoomId)).toBe(20);
  expect(two.users.shown("20" as UserId)?.blocked.size).toBe(1000);
  expect(Math.max(...sizes)).toBeLessThan(300_000);
});
