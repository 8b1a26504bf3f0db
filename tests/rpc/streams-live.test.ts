import { durationMs, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import { StreamStatus, StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import type { RecordingId, StreamId } from "#src/platform/ids.ts";
import { tablesHolding } from "../kit/databases.ts";
import { reasonOf } from "./chat-kit.ts";
import { type Cast, castOf, enter, newStream, openStreams, type StreamHouse } from "./streams-kit.ts";

let house: StreamHouse;
let cast: Cast;

beforeAll(async () => {
  house = await openStreams();
  cast = castOf(house);
});
afterAll(() => house[Symbol.asyncDispose]());

const { LOW, MEDIUM, HIGH, ULTRA, AUTO } = AudioQuality;
const { CREATED, LIVE, PAUSED, ENDED, ERROR } = StreamStatus;
const { PUBLIC, UNLISTED, PRIVATE } = StreamVisibility;

async function onAir(wish: Parameters<typeof newStream>[1] = {}) {
  const made = await newStream(cast.streamer, wish);
  await cast.streamer.stream.startStream({ streamId: made.id });
  return made;
}
const infoOf = async (streamId: string) => (await cast.streamer.stream.getStreamInfo({ streamId })).stream;

describe("going on and off air", () => {
  it("tells how long, where to listen, and what it came to", async () => {
    const { id: streamId } = await newStream(cast.streamer, { defaultQuality: MEDIUM });
    const config = { metadata: { currentTrack: "first" }, defaultQuality: HIGH };
    const { stream, listenUrls } = await cast.streamer.stream.startStream({ streamId, config });
    expect(stream).toMatchObject({ status: LIVE, defaultQuality: HIGH, metadata: { currentTrack: "first" } });
    expect(listenUrls).toEqual(["mp3", "ogg", "webm"].map((form) => `https://veza.example/listen/${streamId}.${form}`));
    expect(house.live.streams.get(streamId as StreamId)).toMatchObject({ isPaused: false, defaultQuality: HIGH });

    house.clock.advance(60_000);
    await house.live.source(streamId, ULTRA);
    expect(await infoOf(streamId)).toMatchObject({
      hasSource: true,
      currentQuality: ULTRA,
      availableQualities: [LOW, MEDIUM, HIGH, ULTRA],
    });
    const [one, two] = await Promise.all([
      house.live.listen(cast.member.principal, streamId),
      house.live.listen(undefined, streamId),
    ]);
    house.live.play([one, two], HIGH, 10_000);
    two.free();
    await expect.poll(async () => (await infoOf(streamId))?.listenerCount).toBe(1);
    const three = await house.live.listen(cast.member.principal, streamId);
    house.live.play([one, three], LOW, 5_000);

    const { summary } = await cast.streamer.stream.stopStream({ streamId });
    expect(summary).toMatchObject({ streamId, uniqueListeners: 2, maxConcurrent: 2, recordingIds: [] });
    expect(durationMs(summary?.duration as never)).toBe(75_000);
    expect(durationMs(summary?.totalListenTime as never)).toBe(30_000);
    expect(await infoOf(streamId)).toMatchObject({ status: ENDED, listenerCount: 0, hasSource: false });
    expect(house.live.isOnAir(streamId as StreamId)).toBe(false);

    house.clock.advance(60_000);
    expect((await cast.streamer.stream.stopStream({ streamId })).summary).toEqual(summary);
    expect(durationMs((await infoOf(streamId))?.duration as never)).toBe(75_000);
  });

  it("two who stop it at once hear the same", async () => {
    const { id: streamId } = await onAir();
    const [one, two] = await Promise.all([
      cast.streamer.stream.stopStream({ streamId }),
      cast.admin.stream.stopStream({ streamId }),
    ]);
    expect(one.summary).toEqual(two.summary);
  });

  it("stopped before it ever was started, it has no start", async () => {
    const { id: streamId } = await newStream(cast.streamer);
    const { summary } = await cast.streamer.stream.stopStream({ streamId });
    expect(summary).toMatchObject({ uniqueListeners: 0, maxConcurrent: 0 });
    expect(summary?.startedAt).toBeUndefined();
    expect(durationMs(summary?.duration as never)).toBe(0);
  });

  it("a source starts a stream that waits for it, and one that ended only for want of it", async () => {
    const { id, key } = await newStream(cast.streamer);
    const streamId = id as StreamId;
    await house.service.admission.sourceByKey(streamId, key);
    expect(await infoOf(id)).toMatchObject({ status: LIVE });
    await house.service.onAir.sourceGone(streamId);
    expect(await infoOf(id)).toMatchObject({ status: ENDED });
    await house.service.admission.sourceOf(cast.streamer.principal, streamId);
    expect(await infoOf(id)).toMatchObject({ status: LIVE });
    await house.service.onAir.sourceGone(streamId);
    await cast.streamer.stream.stopStream({ streamId });
    await expect(house.service.admission.sourceByKey(streamId, key)).rejects.toThrow("ENDED");
  });

  it("what fails for good takes it off air and says why", async () => {
    const { id } = await onAir();
    const streamId = id as StreamId;
    await house.service.onAir.failed(streamId, { reason: 305, message: "no such sound", isFatal: false });
    expect(await infoOf(id)).toMatchObject({ status: LIVE, error: "" });
    await house.service.onAir.failed(streamId, { reason: 305, message: "no such sound", isFatal: true });
    expect(await infoOf(id)).toMatchObject({ status: ERROR, error: "no such sound" });
    await cast.streamer.stream.startStream({ streamId });
    expect(await infoOf(id)).toMatchObject({ status: LIVE, error: "" });
  });

  it("any steps in any order lead where they should, and nowhere else", async () => {
    const { stream } = cast.streamer;
    const steps = {
      start: (streamId: string) => stream.startStream({ streamId }),
      stop: (streamId: string) => stream.stopStream({ streamId }),
      pause: (streamId: string) => stream.pauseStream({ streamId }),
      resume: (streamId: string) => stream.resumeStream({ streamId }),
      fail: (streamId: string) =>
        house.service.onAir.failed(streamId as StreamId, { reason: 305, message: "x", isFatal: true }),
      join: (streamId: string) => stream.joinStream({ streamId }),
      record: async (streamId: string) => {
        const { recording } = await stream.startRecording({ streamId });
        await stream.stopRecording({ recordingId: recording?.id ?? "" });
      },
    };
    type Step = keyof typeof steps;
    /** The same rules, said in another way; undefined for a step that is refused. */
    function expected(status: StreamStatus, step: Step): StreamStatus | undefined {
      const isOnAir = status === LIVE || status === PAUSED;
      switch (step) {
        case "start":
          return isOnAir ? status : LIVE;
        case "stop":
          return status === ERROR ? ERROR : ENDED;
        case "pause":
          return isOnAir ? PAUSED : undefined;
        case "resume":
          return isOnAir ? LIVE : undefined;
        case "fail":
          return isOnAir ? ERROR : status;
        case "join":
          return isOnAir || status === CREATED ? status : undefined;
        case "record":
          return isOnAir ? status : undefined;
      }
    }
    const names = Object.keys(steps) as Step[];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...names), { maxLength: 12 }), async (walk) => {
        const { id: streamId } = await newStream(cast.streamer);
        let status: StreamStatus = CREATED;
        for (const step of walk) {
          const next = expected(status, step);
          expect(await reasonOf(steps[step](streamId) as Promise<unknown>)).toBe(
            next === undefined ? "WRONG_STREAM_STATE" : "ok",
          );
          status = next ?? status;
          expect((await infoOf(streamId))?.status).toBe(status);
        }
        const isOnAir = status === LIVE || status === PAUSED;
        expect(await reasonOf(stream.deleteStream({ streamId }))).toBe(isOnAir ? "WRONG_STREAM_STATE" : "ok");
        if (isOnAir) await stream.stopStream({ streamId });
        await stream.deleteStream({ streamId }).catch(() => undefined);
      }),
      { numRuns: 25, seed: 7 },
    );
  });
});

describe("listeners", () => {
  it("join, are listed in the order in which they joined, and leave", async () => {
    const { id: streamId } = await onAir();
    await house.live.source(streamId, HIGH);
    const joined = [];
    for (const who of [cast.member, cast.stranger, cast.member]) {
      joined.push(await who.stream.joinStream({ streamId, preferredQuality: ULTRA }));
    }
    expect(joined[0]).toMatchObject({
      actualQuality: HIGH,
      listenUrls: [/mp3$/, /ogg$/, /webm$/].map((e) => expect.stringMatching(e)),
    });
    expect(durationMs(joined[0]?.bufferDuration as never)).toBe(300);
    const ids = joined.map(({ listenerId }) => listenerId);

    const first = await cast.member.stream.getListeners({ streamId, pageSize: 2 });
    expect(first.totalSize).toBe(3);
    const second = await cast.member.stream.getListeners({ streamId, pageToken: first.nextPageToken });
    expect([...first.listeners, ...second.listeners].map(({ id }) => id)).toEqual(ids);
    expect(first.listeners[0]).toMatchObject({
      username: "member",
      preferredQuality: ULTRA,
      actualQuality: HIGH,
      isListening: false,
    });

    expect(await reasonOf(cast.stranger.stream.leaveStream({ streamId, listenerId: ids[0] as string }))).toBe(
      "LISTENER_NOT_FOUND",
    );
    await cast.member.stream.leaveStream({ streamId, listenerId: ids[0] as string });
    await cast.member.stream.leaveStream({ streamId, listenerId: ids[0] as string });
    await cast.member.stream.leaveStream({ streamId });
    await cast.member.stream.leaveStream({ streamId });
    const { listeners, totalSize } = await cast.member.stream.getListeners({ streamId });
    expect(listeners.map(({ id }) => id)).toEqual([ids[1]]);
    expect([totalSize, (await infoOf(streamId))?.listenerCount]).toEqual([1, 1]);
  });

  it("a repeated JoinStream is one listener", async () => {
    const { id: streamId } = await onAir();
    const join = (requestId: string) => cast.member.stream.joinStream({ streamId, requestId });
    const [one, two, other] = await Promise.all([join("a"), join("a"), join("b")]);
    expect(two.listenerId).toBe(one.listenerId);
    expect(other.listenerId).not.toBe(one.listenerId);
    const { id: elsewhere } = await onAir();
    const reused = cast.member.stream.joinStream({ streamId: elsewhere, requestId: "a" });
    expect(await reasonOf(reused)).toBe("REQUEST_ID_REUSED");
  });

  it("Listen takes the newest that does not listen, else a new one, which leaves with it", async () => {
    const { id: streamId } = await onAir();
    const { principal, stream } = cast.member;
    const older = (await stream.joinStream({ streamId })).listenerId;
    const newer = (await stream.joinStream({ streamId, preferredQuality: LOW })).listenerId;
    const one = await house.live.listen(principal, streamId);
    expect(one).toMatchObject({ listenerId: newer, preferredQuality: LOW });
    // In whatever order the two are served.
    const others = await Promise.all([2, 3].map(() => house.live.listen(principal, streamId)));
    const three = others.find(({ listenerId }) => listenerId !== older);
    expect(others.map(({ listenerId }) => listenerId)).toContain(older);
    expect(three?.listenerId).not.toBe(newer);
    const { listeners } = await stream.getListeners({ streamId });
    expect(listeners.map(({ isListening }) => isListening)).toEqual([true, true, true]);

    three?.free();
    one.free();
    await expect.poll(async () => (await stream.getListeners({ streamId })).totalSize).toBe(2);
    const after = (await stream.getListeners({ streamId })).listeners;
    expect(after.map(({ id, isListening }) => [id, isListening])).toEqual([
      [older, true],
      [newer, false],
    ]);
    const gone = house.live.listen(principal, streamId, { listenerId: three?.listenerId ?? "" });
    await expect(gone).rejects.toMatchObject({ reason: 306 });
  });

  it("one that is listening is taken over, and what it heard counts on", async () => {
    const { id: streamId } = await onAir();
    const { principal } = cast.member;
    const one = await house.live.listen(principal, streamId);
    let replaced = 0;
    one.onReplaced(() => {
      replaced += 1;
    });
    house.live.play([one], HIGH, 3000);
    const two = await house.live.listen(principal, streamId, { listenerId: one.listenerId });
    house.live.play([one, two], HIGH, 2000);
    one.free();
    expect([replaced, two.listenMs]).toEqual([1, 5000]);
    const { listenDuration } = await cast.member.stream.leaveStream({ streamId });
    expect(durationMs(listenDuration as never)).toBe(5000);
    expect(house.live.dropped.at(-1)).toEqual({ listenerId: one.listenerId, reason: "left" });
    two.sent(HIGH, 1000);
    expect(two.listenMs).toBe(5000);
  });

  it("who does not listen for a minute has left when they last listened", async () => {
    let own = await openStreams();
    const streamer = own.person("streamer");
    const member = own.person("member");
    const { id: streamId } = await newStream(streamer);
    await streamer.stream.startStream({ streamId });
    const { listenerId } = await member.stream.joinStream({ streamId });
    const seat = await own.live.listen(member.principal, streamId, { listenerId });
    own.live.play([seat], MEDIUM, 4000);
    // Two sweeps are as good as a restart, and slower.
    own.clock.advance(30_000);
    own = await own.restart();
    expect((await own.person("member").stream.getListeners({ streamId })).totalSize).toBe(1);
    const again = await own.live.listen(own.person("member").principal, streamId, { listenerId });
    own.live.play([again], LOW, 1000);
    const leftAt = own.clock.now();
    again.free();
    await expect
      .poll(async () => (await own.person("member").stream.getListeners({ streamId })).listeners[0]?.isListening)
      .toBe(false);
    own.clock.advance(59_000);
    own = await own.restart();
    expect((await own.person("member").stream.getListeners({ streamId })).totalSize).toBe(1);
    own.clock.advance(1000);
    own = await own.restart();
    await expect.poll(async () => (await own.person("member").stream.getListeners({ streamId })).totalSize).toBe(0);
    const { history } = await own.person("member").stream.getUserListeningHistory({});
    expect(history).toMatchObject([{ listenerId, quality: LOW, streamTitle: "a stream" }]);
    expect(timestampMs(history[0]?.leftAt as never)).toBe(leftAt);
    expect(durationMs(history[0]?.listenDuration as never)).toBe(5000);
    await own[Symbol.asyncDispose]();
  });

  it("quality: changed at once for who listens, later for who does not, refused when there is none", async () => {
    const { id: streamId } = await onAir();
    const { stream, principal } = cast.member;
    expect(await reasonOf(stream.changeQuality({ streamId, quality: LOW }))).toBe("LISTENER_NOT_FOUND");
    const { listenerId } = await stream.joinStream({ streamId });
    expect((await stream.changeQuality({ streamId, quality: ULTRA })).actualQuality).toBe(ULTRA);
    await house.live.source(streamId, MEDIUM);
    expect(await reasonOf(stream.changeQuality({ streamId, quality: ULTRA }))).toBe("QUALITY_UNAVAILABLE");
    await house.live.listen(principal, streamId, { listenerId });
    expect((await stream.changeQuality({ streamId, quality: LOW })).actualQuality).toBe(LOW);
    expect((await stream.changeQuality({ streamId, quality: AUTO, listenerId })).actualQuality).toBe(MEDIUM);
    const report = { streamId, listenerId, underruns: 3 };
    expect((await stream.reportPlayback(report)).actualQuality).toBe(LOW);
    expect(await reasonOf(cast.stranger.stream.reportPlayback(report))).toBe("LISTENER_NOT_FOUND");
    await expect
      .poll(async () => (await stream.getListeners({ streamId })).listeners[0])
      .toMatchObject({ preferredQuality: AUTO, actualQuality: MEDIUM });
  });

  it("volume: the streamer's for everybody, a listener's for themselves; the last one holds", async () => {
    const { id: streamId } = await onAir();
    const one = await house.live.listen(cast.member.principal, streamId);
    const two = await house.live.listen(cast.stranger.principal, streamId);
    const told = () => [one, two].map(({ listenerId }) => house.live.volumes.get(listenerId));
    expect([one.volume, two.volume]).toEqual([100, 100]);
    await cast.streamer.stream.setVolume({ streamId, volume: 40 });
    expect(told()).toEqual([40, 40]);
    await cast.member.stream.setVolume({ streamId, volume: 70 });
    expect(told()).toEqual([70, 40]);
    expect(await reasonOf(cast.admin.stream.setVolume({ streamId, volume: 1 }))).toBe("LISTENER_NOT_FOUND");
    const again = await house.live.listen(cast.member.principal, streamId, { listenerId: one.listenerId });
    const third = await house.live.listen(cast.admin.principal, streamId);
    expect([again.volume, third.volume]).toEqual([70, 40]);
  });

  it("who may not hear it any more is dropped at once", async () => {
    const { id: streamId, roomId } = await onAir();
    await enter(cast, roomId);
    const seats = {
      visitor: await house.live.listen(undefined, streamId),
      stranger: await house.live.listen(cast.stranger.principal, streamId),
      member: await house.live.listen(cast.member.principal, streamId),
      admin: await house.live.listen(cast.admin.principal, streamId),
    };
    const listening = async () => {
      const { listeners } = await cast.streamer.stream.getListeners({ streamId });
      return Object.entries(seats)
        .filter(([, seat]) => listeners.some(({ id }) => id === seat.listenerId))
        .map(([name]) => name);
    };
    await cast.streamer.stream.updateStream({ streamId, visibility: UNLISTED });
    await expect.poll(listening).toEqual(["stranger", "member", "admin"]);
    await cast.streamer.stream.updateStream({ streamId, visibility: PRIVATE });
    await expect.poll(listening).toEqual(["member", "admin"]);
    await cast.streamer.chat.kickUser({ roomId, userId: cast.member.id });
    await expect.poll(listening).toEqual(["admin"]);
    const reasons = house.live.dropped.slice(-3);
    expect(reasons.map(({ reason }) => reason)).toEqual(["access lost", "access lost", "access lost"]);
  });

  it("come from where a trusted proxy says, and from nowhere else", async () => {
    const { id: streamId } = await onAir();
    await house.from(cast.member, "de").joinStream({ streamId });
    await house.from(cast.stranger, "nonsense").joinStream({ streamId });
    await cast.admin.stream.joinStream({ streamId });
    const { analytics } = await cast.streamer.stream.getStreamAnalytics({ streamId });
    expect(analytics?.locationDistribution.map(({ location, listeners }) => [location, listeners])).toEqual([
      ["unknown", 2],
      ["DE", 1],
    ]);
  });
});

describe("metadata", () => {
  it("is replaced by the streamer, and completed by a source", async () => {
    const { id } = await onAir();
    const streamId = id as StreamId;
    const metadata = { currentTrack: "one", artist: "somebody", customFields: { key: "value" } };
    await cast.streamer.stream.updateMetadata({ streamId, metadata });
    expect(await infoOf(id)).toMatchObject({ metadata });
    await house.service.onAir.metadataChanged(streamId, { currentTrack: "t".repeat(300) });
    expect((await infoOf(id))?.metadata).toMatchObject({ currentTrack: "t".repeat(256), artist: "somebody" });
    expect(house.live.streams.get(streamId)?.metadata.artist).toBe("somebody");
    await cast.streamer.stream.updateMetadata({ streamId, metadata: {} });
    expect((await infoOf(id))?.metadata).toMatchObject({ currentTrack: "", artist: "", customFields: {} });
  });
});

describe("recordings", () => {
  it("run from start to stop, and can be fetched then", async () => {
    const { id: streamId } = await onAir();
    const { stream } = cast.streamer;
    const start = () => stream.startRecording({ streamId, requestId: "rec" });
    const { recording } = await start();
    expect(recording).toMatchObject({ title: "a stream", status: RecordingStatus.RECORDING, fileUrl: "" });
    expect((await start()).recording?.id).toBe(recording?.id);
    expect(await reasonOf(stream.startRecording({ streamId }))).toBe("ALREADY_RECORDING");
    expect(await infoOf(streamId)).toMatchObject({ isRecording: true });
    const recordingId = recording?.id ?? "";
    expect(await reasonOf(stream.deleteRecording({ recordingId }))).toBe("RECORDING_OPEN");
    house.clock.advance(5000);
    const running = (await stream.getRecordings({ streamId })).recordings[0];
    expect([durationMs(running?.duration as never), running?.fileSize]).toEqual([5000, 80_000n]);

    const stopped = (await stream.stopRecording({ recordingId })).recording;
    expect(stopped).toMatchObject({
      status: RecordingStatus.COMPLETED,
      fileUrl: `https://veza.example/recordings/${recordingId}`,
      contentType: "audio/webm",
      peaks: [0.5, 1],
    });
    expect((await stream.stopRecording({ recordingId })).recording).toEqual(stopped);
    expect(await infoOf(streamId)).toMatchObject({ isRecording: false });
    expect(await reasonOf(cast.stranger.stream.deleteRecording({ recordingId }))).toBe("NOT_YOUR_STREAM");
    await stream.deleteRecording({ recordingId });
    expect(house.live.deletedFiles).toContain(`${recordingId}.webm`);
    expect(await reasonOf(stream.deleteRecording({ recordingId }))).toBe("RECORDING_NOT_FOUND");
  });

  it("of a quality that there is not leave nothing behind", async () => {
    const { id: streamId } = await onAir();
    await house.live.source(streamId, LOW);
    expect(await reasonOf(cast.streamer.stream.startRecording({ streamId, quality: ULTRA }))).toBe(
      "QUALITY_UNAVAILABLE",
    );
    expect(await infoOf(streamId)).toMatchObject({ isRecording: false });
    expect((await cast.streamer.stream.getRecordings({ streamId })).recordings).toEqual([]);
  });

  it("end with the stream, whose summary names them, and outlive it", async () => {
    const { id: streamId } = await newStream(cast.streamer);
    const { stream } = cast.streamer;
    const started = await stream.startStream({ streamId, config: { record: true } });
    expect(started.stream).toMatchObject({ isRecording: true });
    house.clock.advance(1000);
    const { summary } = await stream.stopStream({ streamId });
    expect(summary?.recordingIds).toHaveLength(1);
    await stream.deleteStream({ streamId });
    const { recordings } = await cast.stranger.stream.getRecordings({ streamId });
    expect(recordings).toMatchObject([{ id: summary?.recordingIds[0], status: RecordingStatus.COMPLETED }]);
  });

  it("are heard by those who may hear the stream", async () => {
    const own = await openStreams();
    const people = castOf(own);
    const ids: Record<string, string> = {};
    for (const [name, visibility] of Object.entries({ PUBLIC, UNLISTED, PRIVATE })) {
      const { id: streamId, roomId } = await newStream(people.streamer, { visibility });
      await enter(people, roomId);
      await people.streamer.stream.startStream({ streamId });
      const { recording } = await people.streamer.stream.startRecording({ streamId, title: name });
      await people.streamer.stream.stopRecording({ recordingId: recording?.id ?? "" });
      await people.streamer.stream.startRecording({ streamId, title: "still open" });
      ids[name] = streamId;
    }
    const titles = async (who: keyof Cast, streamId?: string) => {
      const filter = streamId === undefined ? {} : { streamId };
      const { recordings } = await people[who].stream.getRecordings(filter);
      return recordings.map(({ title }) => title);
    };
    const open = "still open";
    expect(await titles("streamer")).toEqual([open, "PRIVATE", open, "UNLISTED", open, "PUBLIC"]);
    expect(await titles("stranger")).toEqual(["PUBLIC"]);
    expect(await titles("stranger", ids.UNLISTED)).toEqual(["UNLISTED"]);
    expect(await titles("stranger", ids.PRIVATE)).toEqual([]);
    expect(await titles("member", ids.PRIVATE)).toEqual(["PRIVATE"]);
    expect(await titles("admin", ids.PRIVATE)).toEqual([open, "PRIVATE"]);

    const { recordings } = await people.streamer.stream.getRecordings({});
    const fetch = (who: keyof Cast | undefined, title: string) => {
      const id = recordings.find((each) => each.title === title)?.id as RecordingId;
      const caller = who && people[who].principal;
      return own.service.admission.recording(caller, id).then(
        ({ file }) => file.contentType,
        ({ reason }) => reason,
      );
    };
    expect(await fetch(undefined, "PUBLIC")).toBe("audio/webm");
    expect(await fetch(undefined, "UNLISTED")).toBe(308);
    expect(await fetch("stranger", "UNLISTED")).toBe("audio/webm");
    expect(await fetch("stranger", "PRIVATE")).toBe(308);
    expect(await fetch("member", "PRIVATE")).toBe("audio/webm");
    expect(await fetch("streamer", open)).toBe(308);
    await own[Symbol.asyncDispose]();
  });

  it("that were open when the process ended are closed when it comes back", async () => {
    let own = await openStreams();
    const streamer = () => own.person("streamer").stream;
    const { id: streamId } = await newStream(own.person("streamer"));
    await streamer().startStream({ streamId });
    await streamer().startRecording({ streamId });
    own = await own.restart();
    // Reading the file goes on while others are served.
    await expect
      .poll(async () => (await streamer().getRecordings({ streamId })).recordings)
      .toMatchObject([{ status: RecordingStatus.COMPLETED, fileSize: 100n }]);
    const { stream } = await streamer().getStreamInfo({ streamId });
    expect(stream).toMatchObject({ status: LIVE, isRecording: false });
    await own[Symbol.asyncDispose]();
  });
});

describe("numbers", () => {
  it("of a time are those of what lies in it", async () => {
    const own = await openStreams();
    const { streamer, member, stranger } = castOf(own);
    const { id: streamId } = await newStream(streamer);
    await streamer.stream.startStream({ streamId });
    const begin = own.clock.now();
    const seat = await own.live.listen(member.principal, streamId, { quality: HIGH });
    const other = await own.live.listen(undefined, streamId, { country: "FR" });
    own.live.play([seat, other], HIGH, 60_000);
    own.live.play([seat], LOW, 60_000);
    const ask = async (from: number | undefined, to: number | undefined) => {
      const { analytics } = await streamer.stream.getStreamAnalytics({
        streamId,
        ...(from !== undefined && { startAt: timestampFromMs(begin + from) }),
        ...(to !== undefined && { endAt: timestampFromMs(begin + to) }),
      });
      return analytics;
    };
    const all = await ask(undefined, undefined);
    expect(all).toMatchObject({ uniqueListeners: 2, maxConcurrent: 2 });
    expect(durationMs(all?.totalListenTime as never)).toBe(180_000);
    expect(durationMs(all?.averageSessionDuration as never)).toBe(90_000);
    expect(all?.qualityDistribution.map(({ quality, share }) => [quality, share])).toEqual([
      [HIGH, 2 / 3],
      [LOW, 1 / 3],
    ]);
    expect(all?.hourlyActivity).toMatchObject([{ listeners: 2, hourAt: timestampFromMs(Date.UTC(2026, 0, 15, 12)) }]);
    const half = await ask(60_100, 120_000);
    expect(half?.qualityDistribution.map(({ quality }) => quality)).toEqual([LOW]);
    // In one place a listener still is who hears nothing any more.
    expect(half).toMatchObject({ uniqueListeners: 2, maxConcurrent: 2 });
    const before = await ask(-5000, 0);
    expect(before).toMatchObject({ uniqueListeners: 0, maxConcurrent: 0, hourlyActivity: [], qualityDistribution: [] });
    expect(before?.averageSessionDuration).toBeUndefined();

    expect(await reasonOf(stranger.stream.getUserListeningHistory({ userId: member.id }))).toBe("ADMIN_ONLY");
    const { history } = await member.stream.getUserListeningHistory({});
    expect(history).toMatchObject([{ streamId, streamerUsername: "streamer", quality: LOW }]);
    expect(history[0]?.leftAt).toBeUndefined();
    expect(durationMs(history[0]?.listenDuration as never)).toBe(120_000);
    await own[Symbol.asyncDispose]();
  });

  it("of the sound are those of the live part; what is not known is not there", async () => {
    const { id: streamId } = await onAir();
    await house.live.source(streamId, MEDIUM);
    const { metrics } = await cast.member.stream.getAudioMetrics({ streamId });
    expect(metrics).toMatchObject({ streamId, currentBitrate: 256_000, bufferHealth: 1 });
    expect(metrics?.latency).toBeUndefined();
    expect(metrics?.qualityStats.map(({ quality }) => quality)).toEqual([LOW, MEDIUM]);
  });
});

describe("an account that is erased", () => {
  it("is forgotten; its streams end and stay, and the numbers hold", async () => {
    const own = await openStreams();
    const { admin } = castOf(own);
    const gone = own.person("vanished-person");
    const { id: streamId, key } = await newStream(gone);
    await gone.stream.startStream({ streamId });
    await gone.stream.startRecording({ streamId });
    for (let times = 0; times < 2; times += 1) (await own.live.listen(gone.principal, streamId)).free();
    await own.live.listen(admin.principal, streamId);
    own.erase(gone);
    await expect
      .poll(async () => (await admin.stream.getStreamInfo({ streamId })).stream)
      .toMatchObject({ streamerId: "0", streamerUsername: "", status: ENDED, totalListeners: 2 });
    await expect.poll(() => tablesHolding(own.platform.database, "vanished-person")).toEqual([]);
    const { analytics } = await admin.stream.getStreamAnalytics({ streamId });
    expect(analytics).toMatchObject({ uniqueListeners: 2 });
    const { recordings } = await admin.stream.getRecordings({ streamId });
    expect(recordings).toMatchObject([{ streamerId: "0", status: RecordingStatus.COMPLETED }]);
    await expect(own.service.admission.sourceByKey(streamId as StreamId, key)).rejects.toMatchObject({ reason: 304 });
    expect((await admin.stream.getUserListeningHistory({ userId: gone.id })).history).toEqual([]);
    await own[Symbol.asyncDispose]();
  });
});
