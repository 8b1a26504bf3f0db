import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { CloseReason } from "#gen/veza/stream/v1/stream_event_pb.ts";
import {
  JoinStreamResponseSchema,
  type ListenRequest,
  type ListenResponse,
  ListenResponseSchema,
} from "#gen/veza/stream/v1/stream_service_pb.ts";
import { onMeter } from "#src/client/audio/level.ts";
import { type ReceiveOptions, type ReceiveState, receive } from "#src/client/audio/receive.ts";
import type { ReasonName } from "#src/client/index.ts";

type Frame = NonNullable<MessageInitShape<typeof ListenResponseSchema>["frame"]>;

const QUALITIES = new Map<AudioQuality, string>([
  [AudioQuality.LOW, "LOW"],
  [AudioQuality.HIGH, "HIGH"],
]);

const opened: Frame = {
  case: "opened",
  value: { listenerId: "bob", codec: "opus", sampleRate: 48_000, channels: 2, quality: AudioQuality.HIGH },
};
/** `by` is who made them: the same numbers by another are other sound. */
const packets = (from: number, to: number, by = 1): Frame => ({
  case: "packets",
  value: {
    packets: Array.from({ length: to - from + 1 }, (_, index) => ({
      sequence: BigInt(from + index),
      data: Uint8Array.of(by),
    })),
  },
});
const closing = (reason: CloseReason): Frame => ({ case: "closing", value: { reason, resumable: true } });
const ended: Frame = { case: "ended", value: {} };

function failure(code: Code, reason: ReasonName): ConnectError {
  return new ConnectError("no", code, undefined, [{ desc: ErrorInfoSchema, value: { reason, domain: "veza" } }]);
}

/** Receives over connections that bring these frames, one after the other; an error is thrown where it stands. */
async function run(connections: readonly (readonly (Frame | Error)[])[]) {
  const heard: string[] = [];
  const states: ReceiveState["kind"][] = [];
  const listened: (string | undefined)[] = [];
  let joins = 0;
  let at = 0;
  let bufferMs = 0;
  const client = {
    async joinStream() {
      joins += 1;
      return create(JoinStreamResponseSchema, { listenerId: `bob-${joins}`, bufferDuration: durationFromMs(340) });
    },
    async *listen({ listenerId }: ListenRequest): AsyncGenerator<ListenResponse> {
      listened.push(listenerId);
      const frames = connections[at] ?? [ended];
      at += 1;
      for (const frame of frames) {
        if (frame instanceof Error) throw frame;
        yield create(ListenResponseSchema, { frame } as MessageInitShape<typeof ListenResponseSchema>);
      }
    },
  } as unknown as ReceiveOptions["client"];
  const end = await receive({
    client,
    streamId: "01890000-0000-7000-8000-000000000000",
    quality: () => AudioQuality.AUTO,
    signal: AbortSignal.timeout(5_000),
    timers: {
      now: Date.now,
      after(ms, callback) {
        // Waits pass at once; watches for silence never end.
        if (ms < 5_000) setImmediate(callback);
        return () => {};
      },
    },
    onJoined: (ms) => (bufferMs = ms),
    onOpened: () => {},
    onPackets: (some, isBroken) => heard.push(`${isBroken ? "!" : ""}${some[0]?.sequence}-${some.at(-1)?.sequence}`),
    onPaused: (isPaused) => isPaused && heard.push("paused"),
    onQuality: (quality) => heard.push(QUALITIES.get(quality) ?? ""),
    onState: ({ kind }) => states.push(kind),
  });
  return { end, heard, states, listened, joins, bufferMs };
}

test("sound comes in order until the stream ends", async () => {
  const { end, heard, bufferMs, states } = await run([
    [opened, packets(1, 3), { case: "qualityChanged", value: { quality: AudioQuality.LOW } }, packets(4, 5), ended],
  ]);
  expect(end).toEqual({ kind: "stream-ended" });
  expect(heard).toEqual(["HIGH", "1-3", "LOW", "4-5"]);
  expect(bufferMs).toBe(340);
  expect(states).toEqual(["connecting", "open"]);
});

test("after a cut nothing is heard twice, and a hole is told", async () => {
  const { heard, listened, joins } = await run([
    [opened, packets(1, 10), new ConnectError("gone", Code.Unavailable)],
    [opened, packets(6, 12), packets(20, 21)],
  ]);
  expect(heard.filter((each) => each !== "HIGH")).toEqual(["1-10", "11-12", "!20-21"]);
  expect(joins).toBe(1);
  expect(new Set(listened)).toEqual(new Set(["bob-1"]));
});

test("numbers that begin anew are those of another process, however near they are to what was heard", async () => {
  const lost = new ConnectError("gone", Code.Unavailable);
  for (const from of [1, 390, 395, 4000]) {
    const { heard } = await run([
      [opened, packets(380, 400), lost],
      [opened, packets(from, from + 9, 2), packets(from + 10, from + 19, 2)],
    ]);
    expect(heard.filter((each) => each !== "HIGH")).toEqual([
      "380-400",
      `!${from}-${from + 9}`,
      `${from + 10}-${from + 19}`,
    ]);
  }
});

test("a listener that is known no longer joins again", async () => {
  const { joins, listened } = await run([
    [opened, packets(1, 2), new ConnectError("gone", Code.Unavailable)],
    [failure(Code.NotFound, "LISTENER_NOT_FOUND")],
    [opened, packets(3, 4), ended],
  ]);
  expect(joins).toBe(2);
  expect(listened.at(-1)).toBe("bob-2");
});

test("a pause is told", async () => {
  const { heard } = await run([[opened, { case: "paused", value: {} }, { case: "resumed", value: {} }, ended]]);
  expect(heard).toEqual(["HIGH", "paused"]);
});

test.each([
  ["a session that ended", closing(CloseReason.SESSION_ENDED), "session-ended"],
  ["a stream that is closed to one", closing(CloseReason.ACCESS_LOST), "access-lost"],
  ["the same listener elsewhere", closing(CloseReason.REPLACED), "replaced"],
  ["leaving", closing(CloseReason.LEFT), "stopped"],
  ["a stream that is off air", failure(Code.FailedPrecondition, "WRONG_STREAM_STATE"), "stream-ended"],
  ["a stream that is not there", failure(Code.NotFound, "STREAM_NOT_FOUND"), "refused"],
  ["a refresh token that is over", failure(Code.Unauthenticated, "REFRESH_TOKEN_INVALID"), "session-ended"],
])("%s ends it", async (_what, last, kind) => {
  const { end, listened } = await run([[opened, last]]);
  expect(end).toMatchObject({ kind });
  expect(listened).toHaveLength(1);
});

test.each([
  ["a service that stops", closing(CloseReason.SHUTDOWN)],
  ["a reader that was too slow", closing(CloseReason.TOO_SLOW)],
  ["a token that has expired", closing(CloseReason.TOKEN_EXPIRED)],
  ["a lost network", new ConnectError("gone", Code.Unavailable)],
])("%s does not", async (_what, last) => {
  const { end, heard } = await run([
    [opened, packets(1, 2), last],
    [opened, packets(3, 4), ended],
  ]);
  expect(end).toEqual({ kind: "stream-ended" });
  expect(heard.filter((each) => each !== "HIGH")).toEqual(["1-2", "3-4"]);
});

test("what a callback throws is not taken for a lost connection", async () => {
  const broken = receive({
    client: {
      joinStream: async () => create(JoinStreamResponseSchema, { listenerId: "bob" }),
      async *listen() {
        yield create(ListenResponseSchema, { frame: opened });
      },
    } as unknown as ReceiveOptions["client"],
    streamId: "01890000-0000-7000-8000-000000000000",
    quality: () => AudioQuality.AUTO,
    signal: new AbortController().signal,
    onOpened() {
      throw new RangeError("mine");
    },
    onPackets: () => {},
  });
  await expect(broken).rejects.toThrow("mine");
});

test("a meter counts in decibels", () => {
  expect(onMeter(0)).toBe(0);
  expect(onMeter(1)).toBe(1);
  expect(onMeter(0.001)).toBeCloseTo(0, 5);
  expect(onMeter(0.1)).toBeCloseTo(2 / 3, 5);
});
