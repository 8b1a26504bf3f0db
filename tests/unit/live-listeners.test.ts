import { fromBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { CloseReason } from "#gen/veza/stream/v1/stream_event_pb.ts";
import { type ListenResponse, ListenResponseSchema } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { HttpExchange } from "#src/platform/http/http-exchange.ts";
import type { InstanceId, ListenerId, StreamId, UserId } from "#src/platform/ids.ts";
import { limits } from "#src/platform/limits.ts";
import { createMetrics } from "#src/platform/telemetry/metrics.ts";
import type { PushSink } from "#src/rpc/push-stream.ts";
import type {
  Ladder,
  LadderOptions,
  LadderPool,
  Rendition as LadderRendition,
  SourceFormat,
} from "#src/stream/audio/index.ts";
import { HttpListener } from "#src/stream/live/http-listen.ts";
import { ListenCall } from "#src/stream/live/listen.ts";
import { createLiveCounters } from "#src/stream/live/live-metrics.ts";
import { OnAir } from "#src/stream/live/on-air.ts";
import type { OnAirStream, Seat, WantedQuality } from "#src/stream/live-port.ts";

const { LOW, MEDIUM, HIGH, ULTRA, AUTO } = AudioQuality;

beforeEach(() => vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => vi.useRealTimers());

/** A ladder that makes whatever is wanted, when the test says that time passes. */
function standInLadder() {
  const wanted = new Set<LadderRendition>();
  let options: LadderOptions | undefined;
  let sequence = 100;
  const ladder: Ladder = {
    begin: () => undefined,
    push: () => undefined,
    want: (rendition) => void wanted.add(rendition),
    unwant: (rendition) => void wanted.delete(rendition),
    making: (rendition) => (rendition === "mp3-source" ? "unavailable" : "encoded"),
    levels: () => undefined,
    stats: () => ({ sourceBitrate: 300_000, lagMs: 0, droppedMs: 0, damaged: 0 }),
    [Symbol.dispose]: () => undefined,
  };
  const pool: LadderPool = {
    open(given) {
      options = given;
      return ladder;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  return {
    pool,
    wanted,
    /** Twenty milliseconds of sound in every wanted rendition. */
    make(): void {
      for (const rendition of wanted) {
        options?.packets(rendition, [
          { sequence, pts: sequence * 960, duration: 960, data: Buffer.from([252, sequence & 255]) },
        ]);
      }
      sequence += 1;
    },
  };
}

const stream: OnAirStream = {
  id: "01890000-0000-7000-8000-000000000001" as StreamId,
  title: "Stand-in",
  streamerId: "1" as UserId,
  isPaused: false,
  defaultQuality: AUTO,
  metadata: { currentTrack: "", artist: "", album: "", genre: "", customFields: {} },
  home: { instance: "" as InstanceId, epoch: 0 },
  sound: { hasSource: false, available: [], best: undefined },
};

function seatFor(preferredQuality: WantedQuality) {
  const told = { freed: 0, sentMs: 0, qualities: [] as WantedQuality[] };
  const seat: Seat = {
    listenerId: "01890000-0000-7000-8000-000000000002" as ListenerId,
    stream,
    preferredQuality,
    volume: 100,
    sent: (_quality, ms) => {
      told.sentMs += ms;
    },
    qualityIs: (quality) => void told.qualities.push(quality),
    listenMs: 0,
    free: () => {
      told.freed += 1;
    },
    onReplaced: () => undefined,
  };
  return { seat, told };
}

/** A reader that takes what it is given until it is stuck. */
function readerOf() {
  let drained: () => void = () => undefined;
  let closed: (early: boolean) => void = () => undefined;
  const reader = {
    isStuck: false,
    isOver: false,
    pieces: [] as Uint8Array[],
    unstick(): void {
      reader.isStuck = false;
      drained();
    },
    end(): void {
      if (reader.isOver) return;
      reader.isOver = true;
      closed(false);
    },
    write(bytes: Uint8Array): boolean {
      reader.pieces.push(bytes);
      return !reader.isStuck;
    },
  };
  const shared = {
    write: reader.write,
    end: reader.end,
    onDrain(listener: () => void): void {
      drained = listener;
    },
    onClose(listener: (early: boolean) => void): void {
      closed = listener;
    },
  };
  const sink: PushSink = { format: "proto", ...shared };
  const exchange: HttpExchange = {
    method: "GET",
    target: "/",
    remoteAddress: "",
    get closed() {
      return reader.isOver;
    },
    header: () => undefined,
    body: () => {
      throw new Error("there is no body");
    },
    respond: () => undefined,
    begin: () => undefined,
    reset: reader.end,
    ...shared,
  };
  return { reader, sink, exchange };
}

function framesOf(pieces: readonly Uint8Array[]): ListenResponse["frame"][] {
  return pieces.map((piece) => fromBinary(ListenResponseSchema, piece.subarray(5)).frame);
}

const sequencesOf = (pieces: readonly Uint8Array[]): number[] =>
  framesOf(pieces).flatMap((frame) =>
    frame.case === "packets" ? frame.value.packets.map(({ sequence }) => Number(sequence)) : [],
  );

function world() {
  const ladder = standInLadder();
  const air = new OnAir(stream, {
    ladders: ladder.pool,
    counters: createLiveCounters(createMetrics()),
    onSound: () => undefined,
    relay: () => {
      throw new Error("nobody else has it");
    },
  });
  air.begin({ codec: "opus", sampleRate: 48_000, channels: 2, gain: 0, bitrate: 300_000 } as SourceFormat);
  return {
    air,
    ladder,
    /** Sound comes and time passes. */
    play(seconds: number): void {
      for (let packet = 0; packet < seconds * 50; packet += 1) {
        vi.advanceTimersByTime(20);
        ladder.make();
        if (packet % 5 === 4) air.tick(performance.now());
      }
    },
    call(quality: WantedQuality) {
      const { reader, sink } = readerOf();
      const { seat, told } = seatFor(quality);
      return { reader, told, call: new ListenCall({ air, seat, sink, onOver: () => undefined }) };
    },
    player(quality: WantedQuality) {
      const { reader, exchange } = readerOf();
      const { seat, told } = seatFor(quality);
      const listener = new HttpListener({ air, seat, exchange, form: "ogg", quality, onOver: () => undefined });
      return { reader, told, listener };
    },
  };
}

const holes = (sequences: readonly number[]): number =>
  sequences.filter((sequence, at) => at > 0 && sequence !== (sequences[at - 1] as number) + 1).length;

describe("someone who listens by RPC and takes nothing for a while", () => {
  test("goes on live and lower when that is left to the service; the others lose nothing", () => {
    const { air, play, call } = world();
    const slow = call(AUTO);
    const quick = call(ULTRA);
    play(2);
    slow.reader.isStuck = true;
    play(5);
    slow.reader.unstick();
    play(2);
    expect(holes(sequencesOf(quick.reader.pieces))).toBe(0);
    const heard = sequencesOf(slow.reader.pieces);
    expect(holes(heard)).toBe(1);
    expect(heard.at(-1)).toBe(sequencesOf(quick.reader.pieces).at(-1));
    expect(slow.told.qualities).toEqual([ULTRA, HIGH]);
    expect(slow.call.quality).toBe(HIGH);
    expect(air.metrics().droppedFrames).toBeGreaterThan(100);
  });

  test("keeps the quality that it chose", () => {
    const { play, call } = world();
    const slow = call(MEDIUM);
    play(1);
    slow.reader.isStuck = true;
    play(5);
    slow.reader.unstick();
    play(1);
    expect(slow.told.qualities).toEqual([MEDIUM]);
  });

  test("is closed with a word when it stays stuck, and holds on to nothing", () => {
    const { air, ladder, play, call } = world();
    const stuck = call(LOW);
    play(1);
    stuck.reader.isStuck = true;
    play(limits.live.stalledListenerMs / 1000 + 2);
    const last = framesOf(stuck.reader.pieces).at(-1);
    expect(last?.case === "closing" && [last.value.reason, last.value.resumable]).toEqual([CloseReason.TOO_SLOW, true]);
    expect([stuck.told.freed, air.audience.size, ladder.wanted.size]).toEqual([1, 0, 0]);
    // While it was stuck it cost one frame, not a queue.
    expect(sequencesOf(stuck.reader.pieces).length).toBeLessThan(60);
  });
});

describe("someone who listens over HTTP and takes nothing for a while", () => {
  test("skips to what is live, and down when no quality was chosen", () => {
    const { play, player } = world();
    const slow = player(AUTO);
    const quick = player(ULTRA);
    play(2);
    slow.reader.isStuck = true;
    play(12);
    const stuckAt = slow.reader.pieces.length;
    slow.reader.unstick();
    play(2);
    expect(slow.reader.pieces.length).toBeGreaterThan(stuckAt);
    expect(slow.told.qualities).toEqual([ULTRA, HIGH]);
    expect(quick.told.qualities).toEqual([ULTRA]);
    expect(quick.told.sentMs).toBeGreaterThan(15_500);
    expect(slow.told.sentMs).toBeLessThan(8000);
  });

  test("is cut when it stays stuck, and holds on to nothing", () => {
    const { air, ladder, play, player } = world();
    const stuck = player(LOW);
    play(1);
    stuck.reader.isStuck = true;
    play(limits.live.stalledListenerMs / 1000 + 1);
    expect([stuck.reader.isOver, stuck.told.freed, air.audience.size, ladder.wanted.size]).toEqual([true, 1, 0, 0]);
  });
});

test("renditions are made only while somebody hears them, and bytes once for all", () => {
  const { air, ladder, play, call, player } = world();
  expect(ladder.wanted.size).toBe(0);
  const first = call(LOW);
  const second = call(LOW);
  const third = player(HIGH);
  const fourth = player(HIGH);
  expect([...ladder.wanted]).toEqual(["opus-low", "opus-high"]);
  play(1);
  const last = first.reader.pieces.at(-1);
  expect(second.reader.pieces.at(-1)).toBe(last);
  expect(fourth.reader.pieces.at(-1)).toBe(third.reader.pieces.at(-1));
  first.call.close(CloseReason.LEFT);
  expect(ladder.wanted.has("opus-low")).toBe(true);
  second.call.close(CloseReason.LEFT);
  third.listener.close();
  fourth.listener.close();
  expect([ladder.wanted.size, air.audience.size]).toEqual([0, 0]);
});
