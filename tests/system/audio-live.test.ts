import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { StreamStatus, StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import type { ListenResponse } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { limits } from "#src/platform/limits.ts";
import { createOggMuxer, createWebmMuxer } from "#src/stream/audio/index.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { keepSending } from "../kit/broadcast.ts";
import { createTestClock, type TestClock } from "../kit/clock.ts";
import { countedFrames, countingFrames, frameBytes, frameMs } from "../kit/counting-mp3.ts";
import { failureOf } from "../kit/failures.ts";
import { basic, icecastSource } from "../kit/icecast-source.ts";
import { type HeardPacket, listenTo, packetsOf, play } from "../kit/listener.ts";
import { type Person, person } from "../kit/people.ts";
import { channel, decodeOpus, heard, opusPackets, tone } from "./audio/sound.ts";

const { LOW, MEDIUM, HIGH, ULTRA } = AudioQuality;
const qualities = [LOW, MEDIUM, HIGH, ULTRA] as const;

let clock: TestClock;
let app: TestApp;
let streamer: Person;
let listener: Person;

beforeAll(async () => {
  clock = createTestClock();
  app = await startApp({ overrides: { clock } });
  streamer = await person(app, "streamer");
  listener = await person(app, "listener");
});
afterAll(() => app?.[Symbol.asyncDispose]());

interface Mount {
  readonly id: string;
  readonly key: string;
  readonly path: string;
}

async function newStream(title: string, visibility: StreamVisibility = StreamVisibility.PUBLIC): Promise<Mount> {
  const { stream, streamKey } = await streamer.stream.createStream({ title, visibility });
  const id = stream?.id ?? "";
  return { id, key: streamKey, path: `/live/${id}` };
}

async function statusOf(streamId: string): Promise<StreamStatus | undefined> {
  return (await streamer.stream.getStreamInfo({ streamId })).stream?.status;
}

function expectContiguous(packets: readonly HeardPacket[]): void {
  for (let at = 1; at < packets.length; at += 1) {
    const [before, after] = [packets[at - 1] as HeardPacket, packets[at] as HeardPacket];
    expect([after.sequence, after.pts], `packet ${at}`).toEqual([before.sequence + 1, before.pts + before.duration]);
  }
}

function secondsOf(frames: readonly Parameters<typeof packetsOf>[0][number][]): number {
  return packetsOf(frames).reduce((sum, { duration }) => sum + duration, 0) / 48_000;
}

describe("an MP3 source of the Icecast protocol", () => {
  test("is heard byte for byte, and 24 new titles restart nothing", async () => {
    const mount = await newStream("Counting");
    const source = icecastSource(app.gateway, { ...mount });
    await source.says("200 OK");
    const sending = keepSending(source.send);
    await using plain = await play(`${app.gateway}/listen/${mount.id}.mp3`);
    await using titled = await play(`${app.gateway}/listen/${mount.id}.mp3`, { "icy-metadata": "1" });
    await using ogg = await play(`${app.gateway}/listen/${mount.id}.ogg?quality=low`);
    await using tape = listenTo(listener, { streamId: mount.id });
    expect([plain.status, plain.headers["content-type"], plain.headers["icy-name"]]).toEqual([
      200,
      "audio/mpeg",
      "Counting",
    ]);
    expect(titled.headers["icy-metaint"]).toBe("16000");

    for (let title = 1; title <= 24; title += 1) {
      const song = encodeURIComponent(`Somebody - Song ${title}`);
      const answer = await fetch(`${app.gateway}/admin/metadata?mode=updinfo&mount=${mount.path}&song=${song}`, {
        headers: { authorization: basic(mount.key) },
      });
      expect(answer.status).toBe(200);
      await pause(150);
    }
    await tape.until("the last title", (frames) =>
      frames.some(({ case: kind, value }) => kind === "metadata" && value.currentTrack === "Song 24"),
    );
    await titled.atLeast(16_000 * 5);
    sending.stop();
    source.drop();

    const numbers = countedFrames(plain.bytes());
    expect(numbers.length).toBeGreaterThan(100);
    expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] as number) + at));

    const said = [
      ...titled
        .bytes()
        .toString("latin1")
        .matchAll(/StreamTitle='([^']*)';/g),
    ].map(([, title]) => title);
    expect(said[0]).toMatch(/^(Counting|Somebody - Song \d+)$/);
    expect(said.length).toBeGreaterThan(1);
    const titles = tape.frames.flatMap((frame) => (frame.case === "metadata" ? [frame.value.currentTrack] : []));
    expect(titles.slice(-24)).toEqual(Array.from({ length: 24 }, (_, at) => `Song ${at + 1}`));
    expect(tape.frames.filter(({ case: kind }) => kind === "opened")).toHaveLength(1);
    expectContiguous(packetsOf(tape.frames));
    // One logical stream of Ogg, begun once.
    expect(ogg.bytes().toString("latin1").split("OpusHead")).toHaveLength(2);
    await streamer.stream.stopStream({ streamId: mount.id });
    await Promise.all([plain.ended, ogg.ended, tape.ended]);
    expect(tape.frames.at(-1)?.case).toBe("ended");
  });

  test("drops for 10 seconds, and nobody is disconnected; after 15 the stream ends", async () => {
    const mount = await newStream("Dropping");
    await streamer.stream.startStream({ streamId: mount.id });
    const first = icecastSource(app.gateway, { ...mount });
    await first.says("200 OK");
    const sending = keepSending(first.send);
    await using player = await play(`${app.gateway}/listen/${mount.id}.mp3`);
    await using tape = listenTo(listener, { streamId: mount.id });
    const { recording } = await streamer.stream.startRecording({ streamId: mount.id, title: "Across the gap" });
    await tape.until("a second of sound", (frames) => secondsOf(frames) >= 1);
    // A second source has to wait while the first is there.
    const second = icecastSource(app.gateway, { ...mount });
    await second.closed;
    expect(second.said()).toContain(" 409 ");

    const next = sending.stop();
    first.drop();
    await expect
      .poll(async () => (await streamer.stream.getStreamInfo({ streamId: mount.id })).stream?.hasSource)
      .toBe(false);
    clock.advance(10_000);
    await pause(500);
    expect(await statusOf(mount.id)).toBe(StreamStatus.LIVE);

    const returned = icecastSource(app.gateway, { ...mount, method: "SOURCE" });
    await returned.says("200 OK");
    const before = secondsOf(tape.frames);
    const again = keepSending(returned.send, next);
    await tape.until("sound of the source that returned", (frames) => secondsOf(frames) >= before + 1.5);
    again.stop();
    const numbers = countedFrames(player.bytes());
    expect(numbers.at(-1)).toBeGreaterThan(next);
    expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] as number) + at));
    expectContiguous(packetsOf(tape.frames));

    returned.drop();
    await expect
      .poll(async () => (await streamer.stream.getStreamInfo({ streamId: mount.id })).stream?.hasSource)
      .toBe(false);
    clock.advance(16_000);
    await tape.ended;
    await player.ended;
    expect(tape.frames.at(-1)?.case).toBe("ended");
    await expect.poll(() => statusOf(mount.id)).toBe(StreamStatus.ENDED);
    // A source that comes later after all takes the stream on air again, unless the streamer stopped it.
    const later = icecastSource(app.gateway, { ...mount });
    await later.says("200 OK");
    expect(await statusOf(mount.id)).toBe(StreamStatus.LIVE);
    await streamer.stream.stopStream({ streamId: mount.id });
    await later.closed;
    const tooLate = icecastSource(app.gateway, { ...mount });
    await tooLate.closed;
    expect(tooLate.said()).toContain(" 409 ");

    const { recordings } = await streamer.stream.getRecordings({ streamId: mount.id });
    expect(recordings.map(({ id, status }) => [id, status])).toEqual([[recording?.id, 3]]);
    const file = await fetch(`${app.gateway}/recordings/${recording?.id}`);
    const kept = countedFrames(Buffer.from(await file.arrayBuffer()));
    expect(kept.length).toBeGreaterThan(80);
    expect(kept).toEqual(kept.map((_, at) => (kept[0] as number) + at));
  });
});

describe("qualities", () => {
  test("100 random changes leave no hole, and what is heard stays the tone", async () => {
    const mount = await newStream("Switching");
    const source = icecastSource(app.gateway, { ...mount, contentType: "application/ogg" });
    await source.says("200 OK");
    const sound = opusPackets(tone(20, 1000), 128_000);
    const stop = new AbortController();
    const published = publishOgg(source, sound, stop.signal);
    await using tape = listenTo(listener, { streamId: mount.id, preferredQuality: LOW });
    await tape.until("sound", (frames) => secondsOf(frames) > 0.3);
    const [opened] = tape.frames;
    const listenerId = opened?.case === "opened" ? opened.value.listenerId : "";

    let seed = 7;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      return seed / 0x7fffffff;
    };
    for (let change = 0; change < 100; change += 1) {
      const quality = qualities[Math.floor(random() * 4)] as AudioQuality;
      const { actualQuality } = await listener.stream.changeQuality({ streamId: mount.id, quality, listenerId });
      expect(actualQuality).toBe(quality);
      await pause(20 + random() * 100);
    }
    const soFar = secondsOf(tape.frames);
    await tape.until("half a second more", (frames) => secondsOf(frames) > soFar + 0.5);
    stop.abort();
    await published;
    source.drop();

    const changes = tape.frames.filter(({ case: kind }) => kind === "qualityChanged");
    expect(changes.length).toBeGreaterThan(30);
    const packets = packetsOf(tape.frames);
    expectContiguous(packets);
    // What one decoder makes of all of it.
    const left = channel(decodeOpus(packets), 0);
    for (let from = 0.5; from + 0.7 < packets.length / 50; from += 1) {
      const { frequency, amplitude } = heard(left, from, from + 0.7);
      expect(Math.abs(frequency - 1000)).toBeLessThan(2);
      expect(Math.abs(20 * Math.log10(amplitude / 0.5))).toBeLessThan(1.5);
    }
    await streamer.stream.stopStream({ streamId: mount.id });
  }, 90_000);
});

/** Ogg Opus at the pace at which it plays. */
async function publishOgg(
  source: { send(bytes: Uint8Array): void },
  packets: ReturnType<typeof opusPackets>,
  signal: AbortSignal,
): Promise<void> {
  const muxer = createOggMuxer(1);
  source.send(muxer.header);
  const startedAt = performance.now();
  for (let at = 0; at < packets.length && !signal.aborted; at += 5) {
    for (const { bytes } of muxer.push(packets.slice(at, at + 5))) source.send(bytes);
    await pause(Math.max(0, startedAt + (at + 5) * 20 - performance.now()));
  }
}

describe("native clients", () => {
  test("broadcast packets, say that they are done, and are heard in order", async () => {
    const mount = await newStream("Packets");
    const sound = opusPackets(tone(3, 440), 96_000, 1000);
    await using tape = listenTo(listener, { streamId: mount.id });
    async function* frames() {
      yield { frame: { case: "open" as const, value: { streamId: mount.id, codec: "opus", channels: 2 } } };
      for (let at = 0; at < sound.length; at += 5) {
        const packets = sound.slice(at, at + 5).map(wire);
        yield { frame: { case: "packets" as const, value: { packets } } };
        await pause(100);
      }
    }
    const published = await streamer.stream.publishAudio(frames());
    expect([published.packetsReceived, published.packetsDropped]).toEqual([BigInt(sound.length), 0n]);
    await tape.ended;
    expect(tape.frames.at(-1)?.case).toBe("ended");
    const packets = packetsOf(tape.frames);
    expectContiguous(packets);
    expect(packets.length).toBeGreaterThan(100);
    // Listeners hear of the end before it is stored.
    await expect.poll(() => statusOf(mount.id)).toBe(StreamStatus.ENDED);
  });

  test("browsers send chunks; each counts once, and a hole is said", async () => {
    const mount = await newStream("Chunks");
    const sound = opusPackets(tone(2, 440), 96_000);
    const publishId = crypto.randomUUID();
    const chunk = (sequence: number, more: object = {}) =>
      streamer.stream.publishChunk({
        streamId: mount.id,
        publishId,
        sequence: BigInt(sequence),
        packets: sound.slice(sequence * 10, sequence * 10 + 10).map(wire),
        ...more,
      });
    expect((await chunk(0)).nextSequence).toBe(1n);
    await using tape = listenTo(listener, { streamId: mount.id });
    expect((await chunk(0)).nextSequence).toBe(1n);
    expect((await failureOf(chunk(2))).reason).toBe("SEQUENCE_GAP");
    const other = streamer.stream.publishChunk({
      streamId: mount.id,
      publishId: crypto.randomUUID(),
      packets: sound.slice(0, 1).map(wire),
    });
    expect((await failureOf(other)).reason).toBe("ALREADY_BROADCASTING");
    for (let sequence = 1; sequence < 9; sequence += 1) {
      expect((await chunk(sequence)).nextSequence).toBe(BigInt(sequence + 1));
      await pause(150);
    }
    expect((await chunk(9, { isLast: true })).nextSequence).toBe(10n);
    expect((await chunk(9, { isLast: true })).nextSequence).toBe(10n);
    const more = { packets: sound.slice(0, 1).map(wire) };
    expect((await failureOf(chunk(10, more))).reason).toBe("BROADCAST_OVER");
    await tape.ended;
    expectContiguous(packetsOf(tape.frames));
    expect(packetsOf(tape.frames).length).toBeGreaterThan(60);
    const strange = listener.stream.publishChunk({
      streamId: mount.id,
      publishId: crypto.randomUUID(),
      packets: sound.slice(0, 1).map(wire),
    });
    expect((await failureOf(strange)).reason).toBe("NOT_YOUR_STREAM");
  });

  test("browsers without encoders of their own send WebM as it comes, cut anywhere", async () => {
    const mount = await newStream("MediaRecorder");
    const muxer = createWebmMuxer();
    const sound = opusPackets(tone(3, 1000), 96_000);
    const file = Buffer.concat([muxer.header, ...muxer.push(sound).map(({ bytes }) => bytes)]);
    const publishId = crypto.randomUUID();
    await using tape = listenTo(listener, { streamId: mount.id });
    const perChunk = Math.ceil(file.length / 30);
    for (let sequence = 0; sequence < 30; sequence += 1) {
      const container = file.subarray(sequence * perChunk, (sequence + 1) * perChunk);
      await streamer.stream.publishChunk({ streamId: mount.id, publishId, sequence: BigInt(sequence), container });
      await pause(100);
    }
    await streamer.stream.publishChunk({ streamId: mount.id, publishId, sequence: 30n, isLast: true });
    await tape.ended;
    const packets = packetsOf(tape.frames);
    expectContiguous(packets);
    expect(packets.length).toBeGreaterThan(100);
    const { frequency } = heard(channel(decodeOpus(packets), 0), 0.3, 1.5);
    expect(Math.abs(frequency - 1000)).toBeLessThan(1);

    const broken = streamer.stream.publishChunk({
      streamId: (await newStream("Broken")).id,
      publishId: crypto.randomUUID(),
      container: Buffer.alloc(400_000, 7),
    });
    expect((await failureOf(broken)).reason).toBe("AUDIO_UNSUPPORTED");
  });

  test("a browser whose sound cannot be read begins anew, and its listeners stay", async () => {
    const mount = await newStream("Begun anew");
    const muxer = createWebmMuxer();
    const sound = Buffer.concat([muxer.header, ...muxer.push(opusPackets(tone(1, 440))).map(({ bytes }) => bytes)]);
    const chunk = (publishId: string, sequence: number, container: Uint8Array) =>
      streamer.stream.publishChunk({ streamId: mount.id, publishId, sequence: BigInt(sequence), container });
    const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
    await using tape = listenTo(listener, { streamId: mount.id });
    await expect(chunk(first, 0, Buffer.from("<html> is no sound"))).rejects.toThrow();
    expect(await statusOf(mount.id)).toBe(StreamStatus.LIVE);
    await chunk(second, 0, sound);
    await tape.until("sound", (frames) => packetsOf(frames).length > 10);
    expect(tape.frames.some((frame) => frame.case === "ended")).toBe(false);
    await streamer.stream.stopStream({ streamId: mount.id });
  });

  test("frames of MP3 are packets, too, and keep their bytes", async () => {
    const mount = await newStream("MP3 packets");
    await using player = await play(`${app.gateway}/listen/${mount.id}.mp3`);
    async function* frames() {
      yield { frame: { case: "open" as const, value: { streamId: mount.id, codec: "mp3", sampleRate: 44_100 } } };
      for (let at = 0; at < 60; at += 4) {
        const packets = [0, 1, 2, 3].map((more) => ({
          sequence: BigInt(at + more),
          data: countingFrames(at + more, 1),
        }));
        yield { frame: { case: "packets" as const, value: { packets } } };
        await pause(4 * frameMs);
      }
    }
    const answer = await streamer.stream.publishAudio(frames());
    expect(answer.packetsReceived).toBe(60n);
    await player.ended;
    const numbers = countedFrames(player.bytes());
    expect(numbers.length).toBeGreaterThan(50);
    expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] as number) + at));
  });
});

function wire({ sequence, pts, duration, data }: HeardPacket) {
  return { sequence: BigInt(sequence), pts: BigInt(pts), duration, data };
}

describe("what a source does wrong", () => {
  const asked: [string, () => Promise<Parameters<typeof icecastSource>[1]>, string][] = [
    [
      "no key, as libshout asks first",
      async () => ({ ...(await newStream("x")), key: undefined, method: "SOURCE" as const }),
      " 401 ",
    ],
    ["a wrong key", async () => ({ ...(await newStream("x")), key: "nope" }), " 401 "],
    ["a type that is not taken", async () => ({ ...(await newStream("x")), contentType: "text/html" }), " 415 "],
    ["no such stream", async () => ({ path: `/live/${crypto.randomUUID()}`, key: "x" }), " 404 "],
    ["no stream at all", async () => ({ path: "/live/what", key: "x", method: "SOURCE" as const }), " 404 "],
  ];
  test.each(asked)("%s", async (_what, make, status) => {
    const request = await make();
    const source = icecastSource(app.gateway, request);
    await source.closed;
    expect(source.said()).toContain(status);
    if (status === " 401 ") expect(source.said().toLowerCase()).toContain("www-authenticate: basic realm=");
    const streamId = request.path.slice("/live/".length);
    if (status === " 401 " || status === " 415 ") expect(await statusOf(streamId)).toBe(StreamStatus.CREATED);
  });

  test("garbage is refused with a word, and the place is free again", async () => {
    const mount = await newStream("Garbage");
    const source = icecastSource(app.gateway, { ...mount, headers: { expect: "100-continue" } });
    await source.says("100 Continue");
    for (let at = 0; at < 20; at += 1) source.send(Buffer.alloc(32 * 1024, at));
    await source.closed;
    expect(source.said()).toContain(" 415 ");
    const better = icecastSource(app.gateway, { ...mount });
    await better.says("200 OK");
    better.drop();
  });

  test("a source that leaves while it is let in does not keep its place", async () => {
    const mount = await newStream("Impatient");
    const first = icecastSource(app.gateway, mount);
    first.socket.end();
    await first.says("200 OK");
    const second = icecastSource(app.gateway, mount);
    await second.says("200 OK");
    second.drop();
    await streamer.stream.stopStream({ streamId: mount.id });
  });

  test("a source that bursts is held back, and its memory is bounded", async () => {
    const mount = await newStream("Bursting");
    const source = icecastSource(app.gateway, { ...mount });
    await source.says("200 OK");
    await using player = await play(`${app.gateway}/listen/${mount.id}.mp3`);
    const startedAt = performance.now();
    // Twenty seconds at once.
    const count = Math.round(20_000 / frameMs);
    source.send(countingFrames(0, count));
    await pause(3000);
    const soFar = countedFrames(player.bytes());
    const heardMs = soFar.length * frameMs;
    expect(heardMs).toBeLessThan(performance.now() - startedAt + 5000);
    expect(soFar).toEqual(soFar.map((_, at) => (soFar[0] as number) + at));
    source.drop();
    await streamer.stream.stopStream({ streamId: mount.id });
  });

  test("a source that claims to have lost much is held back as if it had sent it", async () => {
    const mount = await newStream("Losses");
    const leap = 1.9 * 48_000;
    const packets = opusPackets(tone(0.1, 440)).map((packet, at) => ({ ...wire(packet), pts: BigInt(at * leap) }));
    async function* frames() {
      yield { frame: { case: "open" as const, value: { streamId: mount.id, codec: "opus", channels: 2 } } };
      yield { frame: { case: "packets" as const, value: { packets: packets.slice(0, 4) } } };
    }
    const began = performance.now();
    const { packetsReceived } = await streamer.stream.publishAudio(frames());
    expect(packetsReceived).toBe(4n);
    // At least what it is ahead by: more only where the machine is slow.
    expect(performance.now() - began).toBeGreaterThan(3 * 1900 - limits.live.sourceAheadMs - 100);
  });

  test("PublishAudio without `open`, of somebody else, and of nonsense", async () => {
    const mount = await newStream("Nonsense");
    const [packet] = opusPackets(tone(0.1, 440)).map(wire);
    async function* of(...frames: object[]) {
      for (const frame of frames) yield { frame } as never;
    }
    const open = { case: "open", value: { streamId: mount.id } };
    const packets = { case: "packets", value: { packets: [packet] } };
    expect((await failureOf(streamer.stream.publishAudio(of(packets)))).reason).toBe("INVALID_FIELD");
    expect((await failureOf(streamer.stream.publishAudio(of(open, open)))).reason).toBe("INVALID_FIELD");
    expect((await failureOf(listener.stream.publishAudio(of(open, packets)))).reason).toBe("NOT_YOUR_STREAM");
    const nonsense = { case: "packets", value: { packets: [{ ...packet, data: new Uint8Array([255, 255, 255]) }] } };
    await pause(50);
    const answer = await streamer.stream.publishAudio(of(open, nonsense));
    expect([answer.packetsReceived, answer.packetsDropped]).toEqual([1n, 1n]);
  });
});

describe("over HTTP", () => {
  test("what is not public wants a token, and what is asked wrongly is refused", async () => {
    const mount = await newStream("Private", StreamVisibility.PRIVATE);
    const source = icecastSource(app.gateway, { ...mount });
    await source.says("200 OK");
    const sending = keepSending(source.send);
    const url = `${app.gateway}/listen/${mount.id}.mp3`;
    const status = async (address: string, init: RequestInit = {}) => {
      const leave = new AbortController();
      const answer = await fetch(address, { ...init, signal: leave.signal });
      leave.abort();
      return answer.status;
    };
    expect(await status(url)).toBe(404);
    expect(await status(`${url}?token=${listener.accessToken}`)).toBe(404);
    expect(await status(`${url}?token=wrong`)).toBe(401);
    expect(await status(`${url}?token=${streamer.accessToken}`)).toBe(200);
    expect(await status(url, { headers: { authorization: `Bearer ${streamer.accessToken}` } })).toBe(200);
    expect(await status(`${url}?token=${streamer.accessToken}`, { method: "HEAD" })).toBe(200);
    expect(await status(`${url}?quality=best&token=${streamer.accessToken}`)).toBe(400);
    expect(await status(url, { method: "DELETE" })).toBe(405);
    expect(await status(`${app.gateway}/listen/${crypto.randomUUID()}.ogg`)).toBe(404);
    expect(await status(`${app.gateway}/recordings/${crypto.randomUUID()}`)).toBe(404);
    expect(await status(`${app.gateway}/live/${mount.id}`)).toBe(405);
    sending.stop();
    source.drop();
    await streamer.stream.stopStream({ streamId: mount.id });
    expect(await status(`${url}?token=${streamer.accessToken}`)).toBe(409);
  });

  test("a recording is fetched whole and in ranges", async () => {
    const mount = await newStream("Recorded");
    const source = icecastSource(app.gateway, { ...mount });
    await source.says("200 OK");
    const sending = keepSending(source.send);
    await expect
      .poll(async () => (await streamer.stream.getStreamInfo({ streamId: mount.id })).stream?.hasSource)
      .toBe(true);
    const { recording: begun } = await streamer.stream.startRecording({ streamId: mount.id });
    await pause(1500);
    const { recording } = await streamer.stream.stopRecording({ recordingId: begun?.id ?? "" });
    sending.stop();
    source.drop();
    const url = `${app.gateway}/recordings/${recording?.id}`;
    const whole = await fetch(url);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect([whole.status, whole.headers.get("content-type"), whole.headers.get("accept-ranges")]).toEqual([
      200,
      "audio/mpeg",
      "bytes",
    ]);
    expect(bytes.length % frameBytes).toBe(0);
    expect(bytes.length).toBe(Number(recording?.fileSize));
    const numbers = countedFrames(bytes);
    expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] as number) + at));
    expect(
      Math.abs(
        Number(recording?.duration?.seconds) * 1000 +
          (recording?.duration?.nanos ?? 0) / 1e6 -
          numbers.length * frameMs,
      ),
    ).toBeLessThan(2);

    const etag = whole.headers.get("etag") ?? "";
    const part = async (headers: Record<string, string>) => {
      const answer = await fetch(url, { headers });
      return {
        status: answer.status,
        range: answer.headers.get("content-range"),
        bytes: Buffer.from(await answer.arrayBuffer()),
      };
    };
    const middle = await part({ range: "bytes=100-199" });
    expect([middle.status, middle.range]).toEqual([206, `bytes 100-199/${bytes.length}`]);
    expect(middle.bytes.equals(bytes.subarray(100, 200))).toBe(true);
    expect((await part({ range: "bytes=-50" })).bytes.equals(bytes.subarray(-50))).toBe(true);
    expect((await part({ range: `bytes=${bytes.length}-` })).status).toBe(416);
    expect((await part({ range: "bytes=0-9", "if-range": etag })).status).toBe(206);
    expect((await part({ range: "bytes=0-9", "if-range": '"other"' })).status).toBe(200);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      expect((await part({ "if-none-match": known })).status, known).toBe(304);
    }
    expect((await part({ "if-none-match": '"other"' })).status).toBe(200);
    // Whoever keeps a copy asks each time: it may be gone since, or not for everybody any more.
    expect(whole.headers.get("cache-control")).toBe("public, no-cache");
    const own = await fetch(`${url}?token=${streamer.accessToken}`);
    expect(own.headers.get("cache-control")).toBe("private, no-cache");
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(bytes.length)]);
    await streamer.stream.stopStream({ streamId: mount.id });

    await streamer.stream.updateStream({ streamId: mount.id, visibility: StreamVisibility.PRIVATE });
    expect((await part({ "if-none-match": etag })).status).toBe(404);
    await streamer.stream.deleteRecording({ recordingId: recording?.id ?? "" });
    expect((await fetch(`${url}?token=${streamer.accessToken}`, { headers: { "if-none-match": etag } })).status).toBe(
      404,
    );
  });
});

test("numbers are of what happened", async () => {
  const mount = await newStream("Numbers");
  const source = icecastSource(app.gateway, { ...mount });
  await source.says("200 OK");
  const sending = keepSending(source.send);
  await using tape = listenTo(listener, { streamId: mount.id, preferredQuality: MEDIUM });
  await tape.until("three seconds", (frames) => secondsOf(frames) > 3);
  const [opened] = tape.frames as [Extract<ListenResponse["frame"], { case: "opened" }>];
  const { listenerId } = opened.value;
  const before = (await listener.stream.getAudioMetrics({ streamId: mount.id })).metrics;
  expect(before?.currentBitrate).toBeGreaterThan(115_000);
  expect(before?.currentBitrate).toBeLessThan(140_000);
  expect(before?.latency).toBeDefined();
  const medium = before?.qualityStats.find(({ quality }) => quality === MEDIUM);
  expect([medium?.listenerCount, medium?.isPassthrough, medium?.droppedFrames]).toEqual([1, false, 0n]);
  expect(medium?.bitrate).toBeGreaterThan(0);
  const healthWith = async (seconds: bigint) => {
    const playing = { streamId: mount.id, listenerId, underruns: 0 };
    await listener.stream.reportPlayback({ ...playing, buffered: { seconds, nanos: 0 } });
    return (await listener.stream.getAudioMetrics({ streamId: mount.id })).metrics?.bufferHealth;
  };
  expect(await healthWith(0n)).toBe(0);
  expect(await healthWith(4n)).toBe(1);
  sending.stop();
  source.drop();
  await streamer.stream.stopStream({ streamId: mount.id });
});
