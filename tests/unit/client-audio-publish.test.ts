import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import type { PublishChunkRequest } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { PublishChunkResponseSchema } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { createChunkQueue } from "#src/client/audio/chunk-queue.ts";
import { type PublishOptions, type PublishState, publish } from "#src/client/audio/publish.ts";
import type { ReasonName } from "#src/client/index.ts";

const BEGAN_AT = 1_700_000_000_000;
const streamId = "01890000-0000-7000-8000-000000000000";

function failure(code: Code, reason: ReasonName): ConnectError {
  return new ConnectError("no", code, undefined, [{ desc: ErrorInfoSchema, value: { reason, domain: "veza" } }]);
}

/** A service that takes chunks as the contract says, and fails as often as it is told to. */
function createService() {
  const taken: { publishId: string; sequence: bigint; numbers: bigint[]; bytes: number[]; isLast: boolean }[] = [];
  const failures: (unknown | undefined)[] = [];
  const next = new Map<string, bigint>();
  let calls = 0;
  return {
    taken,
    failures,
    calls: () => calls,
    client: {
      async publishChunk(request: PublishChunkRequest) {
        calls += 1;
        await Promise.resolve();
        const { publishId, sequence, packets, container = new Uint8Array(), isLast } = request;
        const expected = next.get(publishId);
        if (expected !== undefined && sequence < expected)
          return create(PublishChunkResponseSchema, { nextSequence: expected });
        const fails = failures.shift();
        // A chunk whose answer is lost was taken all the same.
        if (fails !== undefined && fails !== "lost answer") throw fails;
        next.set(publishId, sequence + 1n);
        const numbers = (packets ?? []).map((packet) => packet.sequence);
        taken.push({ publishId, sequence, numbers, bytes: [...container], isLast });
        if (fails !== undefined) throw new ConnectError("gone", Code.Unavailable);
        return create(PublishChunkResponseSchema, { nextSequence: sequence + 1n });
      },
    } as unknown as PublishOptions["client"],
  };
}

/** Time that passes by itself as soon as somebody waits for it. */
function createTimers() {
  let now = BEGAN_AT;
  return {
    now: () => now,
    after(ms: number, callback: () => void) {
      let isOn = true;
      setImmediate(() => {
        if (!isOn) return;
        now += ms;
        callback();
      });
      return () => {
        isOn = false;
      };
    },
  };
}

function setUp(form: PublishOptions["form"] = "packets") {
  const service = createService();
  const states: PublishState["kind"][] = [];
  const stopping = new AbortController();
  let ids = 0;
  let beginnings = 0;
  const publishing = publish({
    client: service.client,
    streamId,
    form,
    newId: () => `publish-${++ids}`,
    signal: stopping.signal,
    timers: createTimers(),
    random: () => 0.5,
    onState: ({ kind }) => states.at(-1) !== kind && states.push(kind),
    onBeginAgain: () => (beginnings += 1),
  });
  return { service, states, stopping, publishing, beginnings: () => beginnings };
}

const packet = (number: number) => ({ data: Uint8Array.of(number), ms: 20, number });
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));
/** Packets are numbered from the time at which the broadcast began, in steps of 20 ms. */
const numbersOf = ({ taken }: ReturnType<typeof createService>) =>
  taken.flatMap(({ numbers }) => numbers.map((number) => Number(number) - BEGAN_AT / 20));

test("packets travel in order, a few at a time, and the last call says so", async () => {
  const { service, publishing, states } = setUp();
  publishing.add(packet(0));
  publishing.add(packet(1));
  await settle();
  for (let number = 2; number < 9; number += 1) {
    publishing.add(packet(number));
    await Promise.resolve();
  }
  expect(await publishing.finish()).toEqual({ kind: "stopped" });
  expect(numbersOf(service)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(service.taken.map(({ sequence }) => sequence)).toEqual(service.taken.map((_, index) => BigInt(index)));
  expect(service.taken.at(-1)?.isLast).toBe(true);
  expect(service.calls()).toBeLessThan(9);
  expect(states).toEqual(["starting", "live"]);
});

test("what was said before anybody could hear it is left out", async () => {
  const { service, publishing } = setUp();
  service.failures.push(failure(Code.FailedPrecondition, "ALREADY_BROADCASTING"));
  for (let number = 0; number < 100; number += 1) publishing.add(packet(number));
  await settle();
  for (let number = 100; number < 110; number += 1) publishing.add(packet(number));
  await publishing.finish();
  const numbers = numbersOf(service);
  expect(numbers.slice(-12)).toEqual([98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109]);
});

test("a call whose answer is lost is made again, and counts once", async () => {
  const { service, publishing, states } = setUp();
  service.failures.push("lost answer", failure(Code.Unavailable, "UNAVAILABLE"));
  for (let number = 0; number < 6; number += 1) publishing.add(packet(number));
  await settle();
  await publishing.finish();
  expect(numbersOf(service)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(states).toContain("waiting");
  expect(states.at(-1)).toBe("live");
});

test("when the network is too slow the oldest sound is dropped, and counted", async () => {
  const { service, publishing } = setUp();
  service.failures.push(...Array.from({ length: 3 }, () => new ConnectError("gone", Code.Unavailable)));
  for (let number = 0; number < 600; number += 1) publishing.add(packet(number));
  await settle();
  await publishing.finish();
  const numbers = numbersOf(service);
  expect(publishing.figures().droppedMs).toBeGreaterThan(7_000);
  expect(numbers.slice(-2)).toEqual([598, 599]);
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
});

test("a broadcast that the service knows no more is begun again", async () => {
  const { service, publishing } = setUp();
  service.failures.push(undefined, failure(Code.FailedPrecondition, "BROADCAST_OVER"));
  for (let number = 0; number < 4; number += 1) publishing.add(packet(number));
  await settle();
  for (let number = 4; number < 8; number += 1) publishing.add(packet(number));
  await settle();
  await publishing.finish();
  expect(new Set(service.taken.map(({ publishId }) => publishId))).toEqual(new Set(["publish-1", "publish-2"]));
  expect(numbersOf(service)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("a file that is begun again begins with its head", async () => {
  const { service, publishing, beginnings } = setUp("container");
  service.failures.push(undefined, failure(Code.InvalidArgument, "AUDIO_UNSUPPORTED"));
  publishing.add({ data: Uint8Array.of(1), ms: 100, isHead: true });
  await settle();
  publishing.add({ data: Uint8Array.of(2), ms: 100 });
  await settle();
  expect(beginnings()).toBe(1);
  publishing.add({ data: Uint8Array.of(1), ms: 100, isHead: true });
  publishing.add({ data: Uint8Array.of(3), ms: 100 });
  await settle();
  await publishing.finish();
  const second = service.taken.filter(({ publishId }) => publishId === "publish-2");
  expect(second.flatMap(({ bytes }) => bytes)).toEqual([1, 3]);
});

test("a place that is taken is waited for, and not for ever", async () => {
  const patient = setUp();
  patient.service.failures.push(
    ...Array.from({ length: 5 }, () => failure(Code.FailedPrecondition, "ALREADY_BROADCASTING")),
  );
  for (let number = 0; number < 4; number += 1) patient.publishing.add(packet(number));
  await settle();
  expect(patient.states).toEqual(["starting", "taken", "live"]);

  const late = setUp();
  late.service.failures.push(
    ...Array.from({ length: 50 }, () => failure(Code.FailedPrecondition, "ALREADY_BROADCASTING")),
  );
  for (let number = 0; number < 4; number += 1) late.publishing.add(packet(number));
  expect(await late.publishing.over).toMatchObject({ kind: "refused", problem: { reason: "ALREADY_BROADCASTING" } });
});

test.each([
  ["a stream that went off air", failure(Code.FailedPrecondition, "WRONG_STREAM_STATE"), "stream-ended"],
  ["a stream of somebody else", failure(Code.PermissionDenied, "NOT_YOUR_STREAM"), "refused"],
  ["sound that cannot be read", failure(Code.InvalidArgument, "AUDIO_UNSUPPORTED"), "refused"],
  ["a refresh token that is over", failure(Code.Unauthenticated, "REFRESH_TOKEN_INVALID"), "session-ended"],
])("%s ends it", async (_what, thrown, kind) => {
  const { service, publishing } = setUp();
  service.failures.push(thrown);
  for (let number = 0; number < 4; number += 1) publishing.add(packet(number));
  expect(await publishing.over).toMatchObject({ kind });
});

test("whoever stops at once stops at once", async () => {
  const { publishing, stopping } = setUp();
  stopping.abort();
  expect(await publishing.over).toEqual({ kind: "stopped" });
});

test("the head of a file is never dropped", () => {
  const queue = createChunkQueue({ mostMs: 300, chunkMs: 1000, chunkBytes: 100 });
  queue.add({ data: Uint8Array.of(0), ms: 100, isHead: true });
  for (let number = 1; number < 9; number += 1) queue.add({ data: Uint8Array.of(number), ms: 100 });
  expect(queue.take().map(({ data }) => data[0])).toEqual([0, 7, 8]);
  expect(queue.droppedMs).toBe(600);
});

test("a chunk is bounded in time and in size, and holds one piece at least", () => {
  const queue = createChunkQueue({ mostMs: 10_000, chunkMs: 50, chunkBytes: 10 });
  for (let number = 0; number < 3; number += 1) queue.add({ data: new Uint8Array(4), ms: 20 });
  queue.add({ data: new Uint8Array(50), ms: 20 });
  expect([queue.take().length, queue.take().length, queue.take().length, queue.take().length]).toEqual([2, 1, 1, 0]);
  expect(queue.ms).toBe(0);
});
