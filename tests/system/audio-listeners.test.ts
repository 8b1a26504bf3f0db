import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { CloseReason } from "#gen/veza/stream/v1/stream_event_pb.ts";
import { StreamStatus, StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { limits } from "#src/platform/limits.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { selfSigned } from "../kit/certificate.ts";
import { countedFrames, countingFrames, frameMs } from "../kit/counting-mp3.ts";
import { basic, type IcecastSource, icecastSource } from "../kit/icecast-source.ts";
import { type ListenTape, listenTo, packetsOf, play } from "../kit/listener.ts";
import { type Person, person } from "../kit/people.ts";

const { LOW, MEDIUM, ULTRA, AUTO } = AudioQuality;

let app: TestApp;
let streamer: Person;
let listener: Person;

beforeAll(async () => {
  app = await startApp();
  streamer = await person(app, "streamer");
  listener = await person(app, "listener");
});
afterAll(() => app?.[Symbol.asyncDispose]());

interface OnAir extends Disposable {
  readonly id: string;
  readonly source: IcecastSource;
}

/** A stream with a source that sends at the pace of the sound, until it is disposed of. */
async function onAir(visibility: StreamVisibility = StreamVisibility.PUBLIC): Promise<OnAir> {
  const { stream, streamKey } = await streamer.stream.createStream({ title: "On air", visibility });
  const id = stream?.id ?? "";
  const source = icecastSource(app.gateway, { path: `/live/${id}`, key: streamKey });
  await source.says("200 OK");
  const startedAt = performance.now();
  let number = 0;
  const timer = setInterval(() => {
    const due = Math.floor((performance.now() - startedAt) / frameMs);
    if (due > number) source.send(countingFrames(number, due - number));
    number = Math.max(number, due);
  }, 20);
  return {
    id,
    source,
    [Symbol.dispose]() {
      clearInterval(timer);
      source.drop();
    },
  };
}

const listenerIdOf = ({ frames }: ListenTape): string =>
  frames[0]?.case === "opened" ? frames[0].value.listenerId : "";

const sounds = (seconds: number) => (frames: Parameters<typeof packetsOf>[0]) =>
  packetsOf(frames).length >= seconds * 50;

describe("Listen", () => {
  test("tells of volume, title, pause and resume, in their order", async () => {
    using mount = await onAir();
    await using tape = listenTo(listener, { streamId: mount.id });
    await tape.until("sound", sounds(0.5));
    await streamer.stream.setVolume({ streamId: mount.id, volume: 40 });
    await streamer.stream.updateMetadata({ streamId: mount.id, metadata: { currentTrack: "One", artist: "Two" } });
    await streamer.stream.pauseStream({ streamId: mount.id });
    await tape.until("the pause", (frames) => frames.some(({ case: kind }) => kind === "paused"));
    await pause(300);
    const silent = packetsOf(tape.frames).length;
    await pause(500);
    // What was under way when the pause came may still arrive; what the source sends meanwhile is dropped.
    expect(packetsOf(tape.frames).length - silent).toBeLessThanOrEqual(1);
    await streamer.stream.resumeStream({ streamId: mount.id });
    await tape.until("sound again", (frames) => packetsOf(frames).length > silent + 25);
    const kinds = tape.frames
      .map(({ case: kind }) => kind)
      .filter((kind) => kind !== "packets" && kind !== "qualityChanged");
    expect(kinds).toEqual(["opened", "metadata", "volume", "metadata", "paused", "resumed"]);
    const sequences = packetsOf(tape.frames).map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, at) => (sequences[0] as number) + at));
    const joined = await (await streamer.stream.getListeners({ streamId: mount.id })).listeners;
    expect(joined.map(({ username, isListening }) => [username, isListening])).toEqual([["listener", true]]);
    await streamer.stream.stopStream({ streamId: mount.id });
    await tape.ended;
    expect(tape.frames.at(-1)?.case).toBe("ended");
  });

  test("AUTO steps down when the player runs dry, and at once", async () => {
    using mount = await onAir();
    await using tape = listenTo(listener, { streamId: mount.id, preferredQuality: AUTO });
    await tape.until("sound", sounds(0.5));
    const report = (underruns: number) =>
      listener.stream.reportPlayback({ streamId: mount.id, listenerId: listenerIdOf(tape), underruns });
    const before = (await report(0)).actualQuality;
    const after = (await report(1)).actualQuality;
    expect(after).toBe(before - 1);
    await tape.until("the change", (frames) => frames.some(({ case: kind }) => kind === "qualityChanged"));
    // Whoever chose a quality keeps it.
    await listener.stream.changeQuality({ streamId: mount.id, quality: ULTRA });
    expect((await report(2)).actualQuality).toBe(ULTRA);
    await streamer.stream.stopStream({ streamId: mount.id });
  });

  test("ends with a word when it is taken over, left, or may be heard no more", async () => {
    using mount = await onAir(StreamVisibility.UNLISTED);
    const reasonOf = async (tape: ListenTape) => {
      await tape.ended;
      const last = tape.frames.at(-1);
      return last?.case === "closing" ? last.value.reason : last?.case;
    };
    const { listenerId } = await listener.stream.joinStream({ streamId: mount.id, preferredQuality: LOW });
    await using first = listenTo(listener, { streamId: mount.id, listenerId });
    await first.until("sound", sounds(0.1));
    await using second = listenTo(listener, { streamId: mount.id, listenerId });
    expect(await reasonOf(first)).toBe(CloseReason.REPLACED);
    await second.until("sound", sounds(0.1));
    expect(second.frames[0]?.case === "opened" && second.frames[0].value.quality).toBe(LOW);
    await listener.stream.leaveStream({ streamId: mount.id, listenerId });
    expect(await reasonOf(second)).toBe(CloseReason.LEFT);

    await using third = listenTo(listener, { streamId: mount.id });
    await third.until("sound", sounds(0.1));
    await using player = await play(`${app.gateway}/listen/${mount.id}.mp3?token=${listener.accessToken}`);
    await player.atLeast(1000);
    await streamer.stream.updateStream({ streamId: mount.id, visibility: StreamVisibility.PRIVATE });
    expect(await reasonOf(third)).toBe(CloseReason.ACCESS_LOST);
    await player.ended;
    await streamer.stream.stopStream({ streamId: mount.id });
  });

  test("a session that ends takes what it opened over HTTP with it", async () => {
    const leaving = await person(app, "leaving");
    using mount = await onAir(StreamVisibility.UNLISTED);
    await using player = await play(`${app.gateway}/listen/${mount.id}.ogg?token=${leaving.accessToken}`);
    await player.atLeast(1000);
    await leaving.auth.logout({});
    await player.ended;
    await streamer.stream.stopStream({ streamId: mount.id });
  });
});

test("sound is heard over HTTP/2 as well", async () => {
  using mount = await onAir();
  const session = connectHttp2(app.gateway);
  const stream = session.request({ ":path": `/listen/${mount.id}.mp3` });
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  await expect.poll(() => Buffer.concat(parts).length, { timeout: 5000 }).toBeGreaterThan(30_000);
  stream.close();
  session.close();
  const numbers = countedFrames(Buffer.concat(parts));
  expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] as number) + at));
  await streamer.stream.stopStream({ streamId: mount.id });
});

test("a source that is connected and sends nothing is let go, and its place is free", async () => {
  const { stream, streamKey } = await streamer.stream.createStream({ title: "Stalled" });
  const path = `/live/${stream?.id}`;
  const source = icecastSource(app.gateway, { path, key: streamKey, headers: { expect: "100-continue" } });
  await source.says("100 Continue");
  source.send(countingFrames(0, 40));
  const startedAt = performance.now();
  await source.closed;
  expect(performance.now() - startedAt).toBeGreaterThan(limits.live.sourceStallMs - 500);
  expect(source.said()).toContain(`sent nothing for ${limits.live.sourceStallMs / 1000} s`);
  const next = icecastSource(app.gateway, { path, key: streamKey });
  await next.says("200 OK");
  next.drop();
  await streamer.stream.stopStream({ streamId: stream?.id ?? "" });
});

describe("an app of its own", () => {
  test("stops at once, with sources, listeners and a recording open; the recording is whole", async () => {
    const own = await startApp();
    const somebody = await person(own, "somebody");
    const { stream, streamKey } = await somebody.stream.createStream({ title: "Stopping" });
    const id = stream?.id ?? "";
    const source = icecastSource(own.gateway, { path: `/live/${id}`, key: streamKey });
    await source.says("200 OK");
    await using player = await play(`${own.gateway}/listen/${id}.mp3`);
    await using tape = listenTo(somebody, { streamId: id });
    source.send(countingFrames(0, 60));
    await tape.until("sound", sounds(0.2));
    await somebody.stream.startRecording({ streamId: id });
    source.send(countingFrames(60, 60));
    await pause(500);
    const startedAt = performance.now();
    await own[Symbol.asyncDispose]();
    expect(performance.now() - startedAt).toBeLessThan(limits.port.drainMs - 1000);
    await Promise.all([player.ended, tape.ended, source.closed]);
    const last = tape.frames.at(-1);
    expect(last?.case === "closing" && [last.value.reason, last.value.resumable]).toEqual([CloseReason.SHUTDOWN, true]);
  });

  test("takes sources over TLS, too", async () => {
    const { cert, key } = selfSigned();
    const files = [join(app.dataDir, "cert.pem"), join(app.dataDir, "key.pem")] as const;
    await Promise.all([writeFile(files[0], cert), writeFile(files[1], key)]);
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    try {
      await using own = await startApp({ env: { VEZA_TLS_CERT: files[0], VEZA_TLS_KEY: files[1] } });
      const somebody = await person(own, "somebody");
      const { stream, streamKey } = await somebody.stream.createStream({ title: "TLS" });
      const { hostname, port } = new URL(own.gateway);
      const socket = connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false });
      await once(socket, "secureConnect");
      const head = `PUT /live/${stream?.id} HTTP/1.1\r\nhost: x\r\ncontent-type: audio/mpeg\r\nauthorization: ${basic(streamKey)}\r\n\r\n`;
      socket.write(head);
      const [answer] = (await once(socket, "data")) as [Buffer];
      expect(answer.toString()).toContain("200 OK");
      socket.write(countingFrames(0, 60));
      await expect
        .poll(async () => (await somebody.stream.getStreamInfo({ streamId: stream?.id ?? "" })).stream?.hasSource)
        .toBe(true);
      const { status } = await fetch(`${own.gateway}/health/live`);
      expect(status).toBe(200);
      socket.destroy();
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
  });
});

test("a chosen quality is MEDIUM when MEDIUM is asked for over HTTP", async () => {
  using mount = await onAir();
  await using player = await play(`${app.gateway}/listen/${mount.id}.ogg?quality=medium`);
  await player.atLeast(500);
  const { listeners } = await streamer.stream.getListeners({ streamId: mount.id });
  expect(listeners.map(({ actualQuality, username }) => [actualQuality, username])).toEqual([[MEDIUM, ""]]);
  await streamer.stream.stopStream({ streamId: mount.id });
});

test("whoever waits for a stream that is not on air yet hears it from its first sound", async () => {
  const { stream, streamKey } = await streamer.stream.createStream({ title: "Soon" });
  const id = stream?.id ?? "";
  await using tape = listenTo(listener, { streamId: id });
  await using player = await play(`${app.gateway}/listen/${id}.mp3`);
  await tape.until("the opening", (frames) => frames.length > 0);
  expect((await streamer.stream.getStreamInfo({ streamId: id })).stream?.status).toBe(StreamStatus.CREATED);
  const source = icecastSource(app.gateway, { path: `/live/${id}`, key: streamKey });
  await source.says("200 OK");
  source.send(countingFrames(0, 60));
  await tape.until("sound", sounds(0.5));
  expect(countedFrames(await player.atLeast(20_000))[0]).toBe(0);
  source.drop();
  await streamer.stream.stopStream({ streamId: id });
  await Promise.all([tape.ended, player.ended]);
});
