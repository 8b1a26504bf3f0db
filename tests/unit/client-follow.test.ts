import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { afterEach, expect, test } from "vitest";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { type ChatEvent, ChatEventSchema, CloseReason, ResumeState } from "#gen/veza/chat/v1/chat_event_pb.ts";
import {
  ChatService,
  type Cursor,
  type SubscribeToChatEventsRequest,
  type SubscribeToChatEventsResponse,
  SubscribeToChatEventsResponseSchema,
} from "#gen/veza/chat/v1/chat_service_pb.ts";
import { type FollowOptions, type FollowState, follow } from "#src/client/follow.ts";
import type { Network } from "#src/client/network.ts";
import type { Timers } from "#src/client/timers.ts";

const stopper = { current: new AbortController() };
afterEach(() => {
  stopper.current.abort();
  stopper.current = new AbortController();
});

test("a connection cut at random places delivers every event once, in order", async () => {
  for (let seed = 1; seed <= 15; seed++) {
    const random = seeded(seed);
    const rooms = ["a", "b", "c"];
    const log = new Map(rooms.map((room) => [room, 5n + BigInt(Math.floor(random() * 20))]));
    const goal = new Map([...log].map(([room, head]) => [room, head + 60n]));

    const script: Script = async function* (request) {
      const at = positions(request.cursors, log);
      yield hello(rooms.map((room) => [room, log.get(room) as bigint]));
      for (;;) {
        const room = rooms[Math.floor(random() * rooms.length)] as string;
        const head = log.get(room) as bigint;
        if (random() < 0.5 && head < (goal.get(room) as bigint)) log.set(room, head + 1n);
        const next = (at.get(room) ?? head) + 1n;
        if (next <= (log.get(room) as bigint)) {
          yield event(room, next);
          at.set(room, next);
          // A server may repeat itself; it must not be seen.
          if (random() < 0.1) yield event(room, next);
          // Or skip one, which the client has to notice.
          if (random() < 0.05) at.set(room, next + 1n);
        } else if (random() < 0.3) yield caughtUp(room, next - 1n);
        if (random() < 0.1) return;
        if (random() < 0.1) throw new ConnectError("cut", Code.Unavailable);
        if (random() < 0.05) yield closing(CloseReason.TOO_SLOW);
      }
    };
    const world = createWorld(script, { random, autoplay: true });
    const cursors = new Map(rooms.map((room) => [room, 0n]));
    const seen = new Map<string, bigint[]>(rooms.map((room) => [room, []]));
    await world.follow({
      cursors,
      onEvent({ roomId, sequence }) {
        seen.get(roomId)?.push(sequence);
        if (rooms.every((room) => seen.get(room)?.at(-1) === goal.get(room))) stopper.current.abort();
      },
      onSnapshot: () => expect.unreachable("nothing was lost for good"),
    });
    for (const room of rooms) {
      const length = Number(goal.get(room));
      expect(seen.get(room), `room ${room}, seed ${seed}`).toEqual(
        Array.from({ length }, (_, index) => BigInt(index + 1)),
      );
    }
    stopper.current = new AbortController();
  }
});

test("without a cursor a room begins with what happens next, and one joined later with its first event", async () => {
  const world = createWorld(async function* () {
    yield hello([["a", 7n]]);
    yield event("a", 8n);
    yield event("joined-later", 3n);
    yield event("joined-later", 4n);
    yield* forever();
  });
  void world.follow({});
  await world.until(() => world.seen.length === 3);
  expect(world.seen).toEqual(["a:8", "joined-later:3", "joined-later:4"]);
});

test("a hole is filled by a new connection from the cursor", async () => {
  const world = createWorld(async function* ({ cursors }) {
    yield hello([["a", 9n]]);
    if (world.requests.length === 1) {
      yield event("a", 8n);
      yield event("a", 10n);
    } else {
      expect(cursors).toMatchObject([{ roomId: "a", afterSequence: 8n }]);
      yield event("a", 9n);
      yield event("a", 10n);
    }
    yield* forever();
  });
  void world.follow({ cursors: [["a", 7n]] });
  await world.until(() => world.timers.waiting > 0 && world.states.at(-1)?.kind === "waiting");
  world.timers.advance(250);
  await world.until(() => world.seen.length === 3);
  expect(world.seen).toEqual(["a:8", "a:9", "a:10"]);
});

test("a hole that a new connection does not fill is read as a snapshot", async () => {
  const snapshots: string[] = [];
  const world = createWorld(async function* () {
    yield hello([["a", 9n]]);
    yield event("a", 9n);
    yield event("a", 10n);
    yield* forever();
  });
  void world.follow({
    cursors: [["a", 7n]],
    onSnapshot: (roomId, head) => void snapshots.push(`${roomId}:${head}`),
  });
  await world.until(() => world.states.at(-1)?.kind === "waiting");
  world.timers.advance(250);
  await world.until(() => world.seen.length === 1);
  expect(snapshots).toEqual(["a:9"]);
  expect(world.seen).toEqual(["a:10"]);
});

test("SNAPSHOT_REQUIRED reads the room afresh and goes on from the head", async () => {
  const order: string[] = [];
  const world = createWorld(async function* () {
    yield frame("hello", {
      rooms: [{ roomId: "a", headSequence: 500n, state: ResumeState.SNAPSHOT_REQUIRED }],
    });
    yield event("a", 501n);
    yield* forever();
  });
  void world.follow({
    cursors: [["a", 2n]],
    async onSnapshot(roomId, head) {
      await Promise.resolve();
      order.push(`snapshot ${roomId}:${head}`);
    },
    onEvent: ({ sequence }) => void order.push(`event ${sequence}`),
  });
  await world.until(() => order.length === 2);
  expect(order).toEqual(["snapshot a:500", "event 501"]);
});

test("a snapshot that cannot be read is tried again", async () => {
  let tries = 0;
  const world = createWorld(async function* () {
    yield frame("hello", {
      rooms: [{ roomId: "a", headSequence: 500n, state: ResumeState.SNAPSHOT_REQUIRED }],
    });
    yield* forever();
  });
  void world.follow({
    cursors: [["a", 2n]],
    async onSnapshot() {
      if (++tries === 1) throw new Error("no network");
    },
  });
  await world.until(() => world.states.at(-1)?.kind === "waiting");
  world.timers.advance(250);
  await world.until(() => world.states.at(-1)?.kind === "live");
  expect(tries).toBe(2);
  expect(world.requests[1]?.cursors).toMatchObject([{ roomId: "a", afterSequence: 2n }]);
});

test("it is live once every room has caught up", async () => {
  const gate = Promise.withResolvers<void>();
  const world = createWorld(async function* () {
    yield hello([
      ["a", 2n],
      ["b", 1n],
    ]);
    yield event("a", 2n);
    yield caughtUp("a", 2n);
    await gate.promise;
    yield event("b", 1n);
    yield caughtUp("b", 1n);
    yield* forever();
  });
  void world.follow({
    cursors: [
      ["a", 1n],
      ["b", 0n],
    ],
  });
  await world.until(() => world.seen.length === 1);
  expect(world.states.map(({ kind }) => kind)).toEqual(["connecting"]);
  gate.resolve();
  await world.until(() => world.states.at(-1)?.kind === "live");
  expect(world.seen).toEqual(["a:2", "b:1"]);
});

test("silence for two and a half heartbeats breaks the connection off", async () => {
  const world = createWorld(async function* () {
    yield hello([["a", 1n]]);
    yield* forever();
  });
  void world.follow({});
  await world.until(() => world.states.at(-1)?.kind === "live" && world.timers.waiting === 1);
  world.timers.advance(37_499);
  expect(world.states.at(-1)?.kind).toBe("live");
  world.timers.advance(1);
  await world.until(() => world.states.at(-1)?.kind === "waiting");
  world.timers.advance(250);
  await world.until(() => world.requests.length === 2);
});

test("a head that a heartbeat announced and that has not come by the next one is fetched", async () => {
  const world = createWorld(async function* ({ cursors }) {
    if (cursors[0]?.afterSequence === 1n && world.requests.length > 1) {
      yield hello([["a", 2n]]);
      yield event("a", 2n);
      yield caughtUp("a", 2n);
    } else {
      yield hello([["a", 1n]]);
      yield frame("heartbeat", { rooms: [{ roomId: "a", headSequence: 2n }] });
      yield frame("heartbeat", { rooms: [{ roomId: "a", headSequence: 2n }] });
    }
    yield* forever();
  });
  void world.follow({});
  await world.until(() => world.states.at(-1)?.kind === "waiting");
  world.timers.advance(250);
  await world.until(() => world.seen.length === 1);
  expect(world.seen).toEqual(["a:2"]);
});

test("waiting times double to ten seconds, and begin again after a live connection", async () => {
  let isUp = false;
  const world = createWorld(
    async function* () {
      if (!isUp) throw new ConnectError("down", Code.Unavailable);
      yield hello([["a", 1n]]);
      yield closing(CloseReason.SHUTDOWN, 3_000);
    },
    { random: () => 1 },
  );
  void world.follow({});
  const waits: number[] = [];
  for (let round = 0; round < 8; round++) {
    const waited = () => world.states.filter(({ kind }) => kind === "waiting");
    await world.until(() => waited().length === round + 1);
    const state = waited().at(-1) as { until: number };
    waits.push(state.until - world.timers.now());
    isUp = round === 6;
    world.timers.advance(state.until - world.timers.now());
  }
  // The last one follows a close that asked for three seconds.
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 3250]);
});

test("a network that is back ends the waiting at once, and replaces a connection made over the old one", async () => {
  const network = fakeNetwork();
  let isUp = false;
  const world = createWorld(
    async function* () {
      if (!isUp) throw new ConnectError("down", Code.Unavailable);
      yield hello([["a", 1n]]);
      yield* forever();
    },
    { network, random: () => 1 },
  );
  network.online = false;
  void world.follow({});
  await world.until(() => world.states.at(-1)?.kind === "offline");
  isUp = true;
  network.online = true;
  network.wake("online");
  await world.until(() => world.states.at(-1)?.kind === "live");
  network.wake("visible");
  await world.until(() => world.states.at(-1)?.kind === "live");
  expect(world.requests.length, "a live connection survives a look at the page").toBe(2);
  network.wake("online");
  await world.until(() => world.requests.length === 3);
});

test("an expired token is no reason to wait", async () => {
  const world = createWorld(async function* () {
    yield hello([["a", 1n]]);
    if (world.requests.length === 1) yield closing(CloseReason.TOKEN_EXPIRED);
    yield* forever();
  });
  void world.follow({});
  await world.until(() => world.requests.length === 2 && world.states.at(-1)?.kind === "live");
  expect(world.states.map(({ kind }) => kind)).toEqual(["connecting", "live", "connecting", "live"]);
});

test.each([
  ["session-ended", CloseReason.SESSION_ENDED],
  ["no-rooms-left", CloseReason.NO_ROOMS_LEFT],
])("the service ends it for good: %s", async (kind, reason) => {
  const world = createWorld(async function* () {
    yield hello([["a", 1n]]);
    yield closing(reason);
  });
  expect(await world.follow({})).toEqual({ kind });
  expect(world.states.at(-1)).toEqual({ kind: "ended", end: { kind } });
});

test("rooms that are not the caller's end it with the reason", async () => {
  const detail = { desc: ErrorInfoSchema, value: { reason: "ROOM_NOT_READABLE", domain: "veza" } };
  // biome-ignore lint/correctness/useYield: it fails before it has anything to say
  const world = createWorld(async function* () {
    throw new ConnectError("not open to you", Code.PermissionDenied, undefined, [detail]);
  });
  expect(await world.follow({ roomIds: ["a"] })).toMatchObject({
    kind: "refused",
    problem: { reason: "ROOM_NOT_READABLE", sentence: "not open to you" },
  });
});

test("a token that is refused twice in a row is no session", async () => {
  // biome-ignore lint/correctness/useYield: it fails before it has anything to say
  const world = createWorld(async function* () {
    throw new ConnectError("expired", Code.Unauthenticated);
  });
  const end = world.follow({});
  await world.until(() => world.states.at(-1)?.kind === "waiting");
  world.timers.advance(250);
  expect(await end).toEqual({ kind: "session-ended" });
  expect(world.requests.length).toBe(2);
});

test("what a callback throws ends it: a program's mistake is not a lost connection", async () => {
  const world = createWorld(async function* () {
    yield hello([["a", 1n]]);
    yield event("a", 2n);
    yield* forever();
  });
  const mistake = new Error("mistake");
  await expect(
    world.follow({
      onEvent() {
        throw mistake;
      },
    }),
  ).rejects.toBe(mistake);
});

type Script = (request: SubscribeToChatEventsRequest) => AsyncGenerator<SubscribeToChatEventsResponse>;

/** A service that plays a script on each connection, and a client whose time stands still unless moved. */
function createWorld(
  script: Script,
  options: { random?: () => number; network?: Network /** Time passes by itself. */; autoplay?: boolean } = {},
) {
  const timers = fakeTimers(options.autoplay ?? false);
  const requests: SubscribeToChatEventsRequest[] = [];
  const states: FollowState[] = [];
  const seen: string[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(ChatService, {
      async *subscribeToChatEvents(request) {
        requests.push(request);
        yield* script(request);
      },
    });
  });
  return {
    timers,
    requests,
    states,
    seen,
    follow: (given: Partial<FollowOptions>) =>
      follow({
        client: createClient(ChatService, transport),
        signal: stopper.current.signal,
        onEvent: ({ roomId, sequence }: ChatEvent) => void seen.push(`${roomId}:${sequence}`),
        onSnapshot: () => {},
        onState: (state) => void states.push(state),
        timers,
        random: options.random ?? (() => 1),
        ...(options.network && { network: options.network }),
        ...given,
      }),
    async until(condition: () => boolean): Promise<void> {
      for (let turn = 0; turn < 1000; turn++) {
        if (condition()) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect.unreachable("the awaited never came");
    },
  };
}

function fakeTimers(autoplay: boolean): Timers & { advance(ms: number): void; readonly waiting: number } {
  let now = 1_000_000;
  const entries = new Set<{ at: number; callback: () => void }>();
  return {
    now: () => now,
    after(ms, callback) {
      const entry = { at: now + ms, callback };
      entries.add(entry);
      // Only waiting times pass by themselves; the watch over silence is longer than any of them.
      if (autoplay && ms <= 10_000) setImmediate(() => entries.delete(entry) && callback());
      return () => entries.delete(entry);
    },
    advance(ms) {
      now += ms;
      for (const entry of [...entries]) {
        if (entry.at <= now && entries.delete(entry)) entry.callback();
      }
    },
    get waiting() {
      return entries.size;
    },
  };
}

function fakeNetwork(): Network & { online: boolean; wake(cause: "online" | "visible"): void } {
  const listeners = new Set<(cause: "online" | "visible") => void>();
  return {
    online: true,
    isOnline() {
      return this.online;
    },
    onWake(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    wake(cause) {
      for (const listener of [...listeners]) listener(cause);
    },
  };
}

/** Mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function positions(cursors: Cursor[], heads: Map<string, bigint>): Map<string, bigint> {
  const given = new Map(cursors.map(({ roomId, afterSequence }) => [roomId, afterSequence]));
  return new Map([...heads].map(([room, head]) => [room, given.get(room) ?? head]));
}

function frame(kind: string, value: object): SubscribeToChatEventsResponse {
  return create(SubscribeToChatEventsResponseSchema, { frame: { case: kind, value } } as never);
}

function hello(rooms: [roomId: string, head: bigint][]): SubscribeToChatEventsResponse {
  return frame("hello", {
    rooms: rooms.map(([roomId, headSequence]) => ({ roomId, headSequence, state: ResumeState.RESUMED })),
  });
}

function event(roomId: string, sequence: bigint): SubscribeToChatEventsResponse {
  return frame("event", create(ChatEventSchema, { roomId, sequence }));
}

function caughtUp(roomId: string, sequence: bigint): SubscribeToChatEventsResponse {
  return frame("caughtUp", { roomId, sequence });
}

function closing(reason: CloseReason, retryAfterMs?: number): SubscribeToChatEventsResponse {
  return frame("closing", {
    reason,
    resumable: true,
    ...(retryAfterMs !== undefined && { retryAfter: durationFromMs(retryAfterMs) }),
  });
}

/** Says nothing more, and does not end. */
async function* forever(): AsyncGenerator<SubscribeToChatEventsResponse> {
  await new Promise<never>(() => {});
}
