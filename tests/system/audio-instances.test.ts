import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import { StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import { keepSending } from "../kit/broadcast.ts";
import { type Cluster, type Member, startCluster } from "../kit/cluster.ts";
import { countedFrames } from "../kit/counting-mp3.ts";
import { failureOf } from "../kit/failures.ts";
import { icecastSource } from "../kit/icecast-source.ts";
import { type HeardPacket, listenTo, packetsOf, play } from "../kit/listener.ts";
import { type Clients, clientsOf, type Person, person } from "../kit/people.ts";
import { opusPackets, tone } from "./audio/sound.ts";

const { LOW, HIGH } = AudioQuality;

let cluster: Cluster;
let a: Member;
let b: Member;
/** The same two persons, at one instance and at the other. */
let streamer: Person;
let streamerAtB: Clients;
let listener: Person;
let listenerAtB: Clients;

beforeEach(async () => {
  cluster = await startCluster(2);
  [a, b] = cluster.members as [Member, Member];
  streamer = await person(a, "streamer");
  listener = await person(a, "listener");
  streamerAtB = clientsOf(b.gateway, streamer.accessToken);
  listenerAtB = clientsOf(b.gateway, listener.accessToken);
});
afterEach(() => cluster?.[Symbol.asyncDispose]());

async function newStream() {
  const { stream, streamKey } = await streamer.stream.createStream({ title: "Everywhere" });
  const id = stream?.id ?? "";
  return { id, key: streamKey, path: `/live/${id}` };
}

async function infoAt({ stream }: Pick<Clients, "stream">, streamId: string) {
  return (await stream.getStreamInfo({ streamId })).stream;
}

function expectContiguous(packets: readonly HeardPacket[]): void {
  for (let at = 1; at < packets.length; at += 1) {
    const [before, after] = [packets[at - 1] as HeardPacket, packets[at] as HeardPacket];
    expect([after.sequence, after.pts], `packet ${at}`).toEqual([before.sequence + 1, before.pts + before.duration]);
  }
}

const seconds = (frames: readonly Parameters<typeof packetsOf>[0][number][]) => packetsOf(frames).length / 50;

function expectCounted(bytes: Buffer): number[] {
  const numbers = countedFrames(bytes);
  expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] as number) + at));
  return numbers;
}

describe("a source at one instance", () => {
  test("is heard at another, byte for byte, in any quality, and what is done there counts", async () => {
    const mount = await newStream();
    const source = icecastSource(a.gateway, mount);
    await source.says("200 OK");
    const sending = keepSending(source.send);
    await using here = await play(`${a.gateway}/listen/${mount.id}.mp3`);
    await using there = await play(`${b.gateway}/listen/${mount.id}.mp3`);
    await using tape = listenTo(listenerAtB, { streamId: mount.id, preferredQuality: HIGH });
    await tape.until("sound", (frames) => seconds(frames) >= 1);
    const { actualQuality } = await listenerAtB.stream.changeQuality({ streamId: mount.id, quality: LOW });
    expect(actualQuality).toBe(LOW);
    await tape.until("the other quality", (frames) => frames.some(({ case: kind }) => kind === "qualityChanged"));
    // The call at one instance reaches the listener at the other.
    expect((await listener.stream.changeQuality({ streamId: mount.id, quality: HIGH })).actualQuality).toBe(HIGH);
    await tape.until(
      "the first quality",
      (frames) => frames.filter(({ case: kind }) => kind === "qualityChanged").length > 1,
    );
    await streamer.stream.setVolume({ streamId: mount.id, volume: 40 });
    await tape.until("the volume", (frames) => frames.some(({ case: kind }) => kind === "volume"));
    await streamerAtB.stream.updateMetadata({ streamId: mount.id, metadata: { currentTrack: "From afar" } });
    await tape.until("the title", (frames) =>
      frames.some(({ case: kind, value }) => kind === "metadata" && value.currentTrack === "From afar"),
    );
    expect(await infoAt(streamerAtB, mount.id)).toMatchObject({ hasSource: true, listenerCount: 3 });
    const { listeners } = await streamer.stream.getListeners({ streamId: mount.id });
    expect(listeners.map(({ isListening }) => isListening)).toEqual([true, true, true]);
    const { metrics } = await streamerAtB.stream.getAudioMetrics({ streamId: mount.id });
    expect(metrics?.currentBitrate).toBeGreaterThan(100_000);
    const { recording } = await streamerAtB.stream.startRecording({ streamId: mount.id });
    await pause(1000);
    const stopped = await streamerAtB.stream.stopRecording({ recordingId: recording?.id ?? "" });
    expect(stopped.recording?.status).toBe(RecordingStatus.COMPLETED);
    const file = await fetch(`${b.gateway}/recordings/${recording?.id}`);
    expect(expectCounted(Buffer.from(await file.arrayBuffer())).length).toBeGreaterThan(20);

    // What comes while a stream is paused is heard nowhere.
    expect(expectCounted(here.bytes()).length).toBeGreaterThan(50);
    expect(expectCounted(there.bytes()).length).toBeGreaterThan(50);
    await streamerAtB.stream.pauseStream({ streamId: mount.id });
    await tape.until("the pause", (frames) => frames.some(({ case: kind }) => kind === "paused"));
    await streamer.stream.resumeStream({ streamId: mount.id });
    await tape.until("the end of it", (frames) => frames.some(({ case: kind }) => kind === "resumed"));

    sending.stop();
    const { summary } = await streamerAtB.stream.stopStream({ streamId: mount.id });
    await Promise.all([source.closed, here.ended, there.ended, tape.ended]);
    expect(tape.frames.at(-1)?.case).toBe("ended");
    expect(summary?.maxConcurrent).toBe(3);
    expectContiguous(packetsOf(tape.frames));
    expect(await infoAt(listener, mount.id)).toMatchObject({
      status: StreamStatus.ENDED,
      listenerCount: 0,
      hasSource: false,
    });
  });

  test("is refused at another while it is there, and taken there when it has dropped", async () => {
    const mount = await newStream();
    const first = icecastSource(a.gateway, mount);
    await first.says("200 OK");
    const sending = keepSending(first.send);
    await using there = await play(`${b.gateway}/listen/${mount.id}.mp3`);
    await using here = await play(`${a.gateway}/listen/${mount.id}.mp3`);
    await Promise.all([there.atLeast(20_000), here.atLeast(20_000)]);
    const second = icecastSource(b.gateway, mount);
    await second.closed;
    expect(second.said()).toContain(" 409 ");

    const next = sending.stop();
    first.drop();
    await expect.poll(async () => (await infoAt(streamer, mount.id))?.hasSource).toBe(false);
    const again = icecastSource(b.gateway, mount);
    await again.says("200 OK");
    const going = keepSending(again.send, next);
    const [hereBytes, thereBytes] = [here.bytes().length, there.bytes().length];
    await Promise.all([there.atLeast(thereBytes + 60_000), here.atLeast(hereBytes + 60_000)]);
    going.stop();
    expectCounted(there.bytes());
    expectCounted(here.bytes());
    again.drop();
  });

  test("whose instance dies comes back at the other, and listeners stay", async () => {
    const mount = await newStream();
    const first = icecastSource(a.gateway, mount);
    await first.says("200 OK");
    const sending = keepSending(first.send);
    await using player = await play(`${b.gateway}/listen/${mount.id}.mp3`);
    await using tape = listenTo(listenerAtB, { streamId: mount.id });
    await using lost = listenTo(listener, { streamId: mount.id });
    await tape.until("sound", (frames) => seconds(frames) >= 1);
    await lost.until("sound", (frames) => seconds(frames) >= 1);
    const { recording } = await streamer.stream.startRecording({ streamId: mount.id });
    await pause(1000);
    const next = sending.stop();
    await a.kill();

    const [packets, bytes] = [packetsOf(tape.frames).length, player.bytes().length];
    const again = icecastSource(b.gateway, mount);
    const cameAt = performance.now();
    await again.says("200 OK");
    const going = keepSending(again.send, next);
    await tape.until("sound again", (frames) => packetsOf(frames).length > packets + 5);
    await player.atLeast(bytes + 1000);
    const silentMs = performance.now() - cameAt;
    console.log(`heard again ${Math.round(silentMs)} ms after the source came back`);
    expect(silentMs).toBeLessThan(2000);
    expectContiguous(packetsOf(tape.frames));
    // Whoever listened at the instance that died is idle; what it recorded is closed by the other.
    await expect
      .poll(
        async () =>
          (await streamerAtB.stream.getListeners({ streamId: mount.id })).listeners.map((each) => each.isListening),
        { timeout: 10_000 },
      )
      .toEqual([true, true]);
    await expect
      .poll(async () => (await streamerAtB.stream.getRecordings({ streamId: mount.id })).recordings, {
        timeout: 10_000,
      })
      .toMatchObject([{ id: recording?.id, status: RecordingStatus.COMPLETED }]);
    const file = await fetch(`${b.gateway}/recordings/${recording?.id}`);
    expect(expectCounted(Buffer.from(await file.arrayBuffer())).length).toBeGreaterThan(20);
    going.stop();
    again.drop();
  });

  test("costs nothing on the bus while nobody listens elsewhere", async () => {
    const mount = await newStream();
    const source = icecastSource(a.gateway, mount);
    await source.says("200 OK");
    const sending = keepSending(source.send);
    await using here = await play(`${a.gateway}/listen/${mount.id}.mp3`);
    await here.atLeast(10_000);
    const sound = (traffic: Record<string, number>) =>
      Object.keys(traffic).filter((subject) => subject.startsWith("stream.audio."));
    a.traffic();
    await pause(1000);
    expect(sound(a.traffic())).toEqual([]);
    {
      await using there = await play(`${b.gateway}/listen/${mount.id}.ogg?quality=low`);
      await there.atLeast(4000);
      expect(sound(a.traffic())).toEqual([`stream.audio.${mount.id}.opus-low`]);
    }
    await expect.poll(() => sound(a.traffic()), { timeout: 10_000, interval: 1000 }).toEqual([]);
    sending.stop();
    source.drop();
  });
});

test("chunks of one broadcast may come to any instance", async () => {
  const mount = await newStream();
  const sound = opusPackets(tone(4, 440), 96_000);
  const publishId = crypto.randomUUID();
  const chunk = (at: Clients, sequence: number) =>
    at.stream.publishChunk({
      streamId: mount.id,
      publishId,
      sequence: BigInt(sequence),
      packets: sound.slice(sequence * 10, sequence * 10 + 10).map((packet) => ({
        sequence: BigInt(packet.sequence),
        pts: BigInt(packet.pts),
        duration: packet.duration,
        data: packet.data,
      })),
    });
  await chunk(streamer, 0);
  await using tape = listenTo(listenerAtB, { streamId: mount.id });
  for (let sequence = 1; sequence < 10; sequence += 1) {
    const at = sequence % 2 === 0 ? streamer : streamerAtB;
    expect((await chunk(at, sequence)).nextSequence).toBe(BigInt(sequence + 1));
    await pause(200);
  }
  const other = streamerAtB.stream.publishChunk({ streamId: mount.id, publishId: crypto.randomUUID(), isLast: true });
  expect((await failureOf(other)).reason).toBe("ALREADY_BROADCASTING");
  await tape.until("all of it", (frames) => packetsOf(frames).length > 85);
  expectContiguous(packetsOf(tape.frames));
});

test("a listener who listens again at another instance is the same listener", async () => {
  const mount = await newStream();
  await streamer.stream.startStream({ streamId: mount.id });
  const { listenerId } = await listener.stream.joinStream({ streamId: mount.id });
  await using first = listenTo(listener, { streamId: mount.id, listenerId });
  await first.until("the beginning", (frames) => frames.some(({ case: kind }) => kind === "opened"));
  await using second = listenTo(listenerAtB, { streamId: mount.id, listenerId });
  await second.until("the beginning", (frames) => frames.some(({ case: kind }) => kind === "opened"));
  await first.ended;
  expect(first.frames.at(-1)).toMatchObject({ case: "closing" });
  const { listeners, totalSize } = await streamer.stream.getListeners({ streamId: mount.id });
  expect([listeners.map(({ id, isListening }) => [id, isListening]), totalSize]).toEqual([[[listenerId, true]], 1]);
  await listener.stream.leaveStream({ streamId: mount.id, listenerId });
  await second.ended;
  expect((await infoAt(streamer, mount.id))?.listenerCount).toBe(0);
});
