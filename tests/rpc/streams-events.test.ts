import { create } from "@bufbuild/protobuf";
import { createContextValues, type HandlerContext } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { CloseReason, type Hello, ResumeState, StreamEventType } from "#gen/veza/stream/v1/stream_event_pb.ts";
import { StreamStatus, StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import {
  type SubscribeToStreamEventsResponse as Response,
  SubscribeToStreamEventsRequestSchema,
} from "#gen/veza/stream/v1/stream_service_pb.ts";
import { Failure, Reason } from "#src/platform/failure.ts";
import type { StreamId } from "#src/platform/ids.ts";
import { limits } from "#src/platform/limits.ts";
import { principalKey } from "#src/rpc/principal.ts";
import { reasonOf } from "./chat-kit.ts";
import {
  type Caller,
  type Cast,
  castOf,
  enter,
  newStream,
  openStreams,
  type StreamHouse,
  take,
} from "./streams-kit.ts";

let house: StreamHouse;
let cast: Cast;

beforeAll(async () => {
  house = await openStreams();
  cast = castOf(house);
});
afterAll(() => house[Symbol.asyncDispose]());

/** Follows a stream, up to its hello. Call `end` when it is enough. */
async function follow(who: Caller, streamId: string, more: { after?: number; kinds?: StreamEventType[] } = {}) {
  const stop = new AbortController();
  const request = {
    streamId,
    eventTypes: more.kinds ?? [],
    ...(more.after !== undefined && { afterSequence: BigInt(more.after) }),
  };
  const frames = who.stream.subscribeToStreamEvents(request, { signal: stop.signal })[Symbol.asyncIterator]();
  const { value } = await frames.next();
  expect(value.frame.case).toBe("hello");
  return { hello: value.frame.value as Hello, frames, end: () => stop.abort() };
}

/** The same past the client, for what only the network would do to a call: it ends with the signal. */
function followInside(who: Caller, streamId: string) {
  const ending = new AbortController();
  const values = createContextValues().set(principalKey, who.principal);
  const request = create(SubscribeToStreamEventsRequestSchema, { streamId });
  const context = { values, signal: ending.signal } as HandlerContext;
  const frames = house.service.handlers.subscribeToStreamEvents?.(request, context) as AsyncIterable<Response>;
  return { frames: frames[Symbol.asyncIterator](), end: (reason?: Failure) => ending.abort(reason) };
}

/** The frame that a stream of events ends with. */
async function closing(frames: AsyncIterator<{ frame: { case?: string | undefined; value?: unknown } }>) {
  for (;;) {
    const { value, done } = await frames.next();
    if (done) throw new Error("the stream of events ended without a word");
    if (value.frame.case === "closing") return value.frame.value as { reason: CloseReason; resumable: boolean };
  }
}

describe("events of a stream", () => {
  it("tell all that happens to it, in order and without holes", async () => {
    const { streamer, member, stranger } = cast;
    const { id: streamId } = await newStream(streamer);
    const { hello, frames, end } = await follow(stranger, streamId);
    expect(hello).toMatchObject({ headSequence: 0n, state: ResumeState.RESUMED, stream: { id: streamId } });

    await streamer.stream.startStream({ streamId });
    await house.live.source(streamId, AudioQuality.HIGH);
    const seat = await house.live.listen(member.principal, streamId);
    await streamer.stream.updateMetadata({ streamId, metadata: { currentTrack: "one" } });
    seat.qualityIs(AudioQuality.LOW);
    await streamer.stream.pauseStream({ streamId });
    await streamer.stream.resumeStream({ streamId });
    const { recording } = await streamer.stream.startRecording({ streamId });
    await streamer.stream.stopRecording({ recordingId: recording?.id ?? "" });
    await member.stream.leaveStream({ streamId });
    await house.service.onAir.failed(streamId as StreamId, { reason: 305, message: "what?", isFatal: false });
    await house.live.sourceLost(streamId);
    await streamer.stream.stopStream({ streamId });

    const events = await take(frames, 13);
    end();
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, index) => index + 1));
    expect(events.map(({ payload }) => payload.case)).toEqual([
      "started",
      "qualityChanged",
      "listenerJoined",
      "metadataUpdated",
      "qualityChanged",
      "paused",
      "resumed",
      "recordingStarted",
      "recordingStopped",
      "listenerLeft",
      "error",
      "qualityChanged",
      "ended",
    ]);
    expect(events.map(({ actorId }) => actorId)).toEqual(
      [
        streamer,
        undefined,
        member,
        streamer,
        member,
        streamer,
        streamer,
        streamer,
        streamer,
        member,
        undefined,
        undefined,
        streamer,
      ].map((who) => who?.id ?? "0"),
    );
    expect(events[0]?.payload.value).toMatchObject({ stream: { status: StreamStatus.LIVE } });
    expect(events[1]?.payload.value).toMatchObject({ previousQuality: AudioQuality.AUTO, quality: AudioQuality.HIGH });
    expect(events[2]?.payload.value).toMatchObject({ listener: { username: "member" }, listenerCount: 1 });
    expect(events[4]?.payload.value).toMatchObject({ listenerId: seat.listenerId, quality: AudioQuality.LOW });
    expect(events[9]?.payload.value).toMatchObject({ listener: { id: seat.listenerId }, listenerCount: 0 });
    expect(events[10]?.payload.value).toMatchObject({ reason: "AUDIO_UNSUPPORTED", isFatal: false });
    expect(events[12]?.payload.value).toMatchObject({ summary: { uniqueListeners: 1 } });
  });

  it("go on after a cursor, whatever happened meanwhile", async () => {
    const { streamer, stranger } = cast;
    const { id: streamId } = await newStream(streamer);
    await streamer.stream.startStream({ streamId });
    const change = (times: number, word: string) =>
      Promise.all(
        Array.from({ length: times }, (_, index) =>
          streamer.stream.updateMetadata({ streamId, metadata: { currentTrack: `${word} ${index}` } }),
        ),
      );
    const seen: number[] = [];
    let after: number | undefined;
    for (let round = 0; round < 5; round += 1) {
      const { frames, end, hello } = await follow(stranger, streamId, after === undefined ? {} : { after });
      expect(hello.state).toBe(ResumeState.RESUMED);
      await change(40, `live ${round}`);
      const events = await take(frames, 25 + round);
      seen.push(...events.map(({ sequence }) => Number(sequence)));
      after = seen.at(-1);
      end();
      await change(30, `away ${round}`);
    }
    const first = seen[0] as number;
    expect(seen).toEqual(seen.map((_, index) => first + index));
  });

  it("go on after a restart, and after more than memory holds", async () => {
    let own = await openStreams();
    const streamer = own.person("streamer");
    const { id: streamId } = await newStream(streamer);
    const count = limits.follow.ringEvents + limits.follow.pageEvents + 50;
    // Some at a time: they wait for one another, and each has its deadline.
    for (let from = 0; from < count; from += 100) {
      const some = Array.from({ length: Math.min(100, count - from) }, (_, index) =>
        streamer.stream.updateMetadata({ streamId, metadata: { currentTrack: `${from + index}` } }),
      );
      await Promise.all(some);
    }
    own = await own.restart();
    const { frames, end } = await follow(own.person("member"), streamId, { after: 3 });
    const events = await take(frames, count - 3);
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, index) => index + 4));
    end();
    await own[Symbol.asyncDispose]();
  });

  it("of some kinds only are those", async () => {
    const { streamer, stranger } = cast;
    const { id: streamId } = await newStream(streamer);
    const kinds = [StreamEventType.PAUSED, StreamEventType.ENDED, StreamEventType.RECORDING_STOPPED];
    const one = await follow(stranger, streamId, { kinds });
    await streamer.stream.startStream({ streamId, config: { record: true } });
    for (let times = 0; times < 3; times += 1) {
      await streamer.stream.pauseStream({ streamId });
      await streamer.stream.resumeStream({ streamId });
    }
    await streamer.stream.stopStream({ streamId });
    const wanted = ["paused", "paused", "paused", "recordingStopped", "ended"];
    const two = await follow(stranger, streamId, { kinds, after: 0 });
    for (const { frames, end } of [one, two]) {
      const events = await take(frames, wanted.length);
      expect(events.map(({ payload }) => payload.case)).toEqual(wanted);
      end();
    }
  });

  it("after a cursor that cannot be had begin with how it is now", async () => {
    const { streamer, stranger } = cast;
    const { id: streamId } = await newStream(streamer);
    await streamer.stream.startStream({ streamId });
    const { hello, frames, end } = await follow(stranger, streamId, { after: 99 });
    expect(hello).toMatchObject({
      state: ResumeState.SNAPSHOT_REQUIRED,
      headSequence: 1n,
      stream: { status: StreamStatus.LIVE },
    });
    await streamer.stream.pauseStream({ streamId });
    expect(await take(frames, 1)).toMatchObject([{ sequence: 2n, payload: { case: "paused" } }]);
    end();
  });

  it("say goodbye to who may not hear the stream any more, and to all when it is deleted", async () => {
    const { streamer, member, stranger, admin } = cast;
    const { id: streamId, roomId } = await newStream(streamer);
    await enter(cast, roomId);
    const followed = {
      stranger: await follow(stranger, streamId),
      member: await follow(member, streamId),
      admin: await follow(admin, streamId),
    };
    const lost = { reason: CloseReason.ACCESS_LOST, resumable: false };
    await streamer.stream.updateStream({ streamId, visibility: StreamVisibility.PRIVATE });
    expect(await closing(followed.stranger.frames)).toMatchObject(lost);
    await streamer.chat.banUser({ roomId, userId: member.id });
    expect(await closing(followed.member.frames)).toMatchObject(lost);
    await streamer.stream.deleteStream({ streamId });
    expect(await closing(followed.admin.frames)).toMatchObject(lost);
  });

  it("say goodbye to whose session or token ended, and when the service stops", async () => {
    const { streamer, stranger } = cast;
    const { id: streamId } = await newStream(streamer);
    for (const [why, told] of [
      [Reason.TOKEN_REVOKED, { reason: CloseReason.SESSION_ENDED, resumable: false }],
      [Reason.TOKEN_EXPIRED, { reason: CloseReason.TOKEN_EXPIRED, resumable: true }],
      [Reason.UNAVAILABLE, { reason: CloseReason.SHUTDOWN, resumable: true }],
    ] as const) {
      const { frames, end } = followInside(stranger, streamId);
      await frames.next();
      end(new Failure(why));
      expect(await closing(frames)).toMatchObject(told);
    }
  });

  it("are followed in so many places and no more", async () => {
    const who = house.person("many");
    const { id: streamId } = await newStream(cast.streamer);
    const open = Array.from({ length: limits.follow.streamsPerUser }, () => followInside(who, streamId));
    await Promise.all(open.map(({ frames }) => frames.next()));
    const more = () => reasonOf(follow(who, streamId));
    expect(await more()).toBe("LIMIT_REACHED");
    open[0]?.end();
    await open[0]?.frames.next().catch(() => undefined);
    expect(await more()).toBe("ok");
  });
});
