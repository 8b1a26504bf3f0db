import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import { StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import { keepSending } from "../../kit/broadcast.ts";
import type { Cluster, Member } from "../../kit/cluster.ts";
import { countedFrames } from "../../kit/counting-mp3.ts";
import { failureOf } from "../../kit/failures.ts";
import { icecastSource } from "../../kit/icecast-source.ts";
import { type HeardPacket, listenTo, packetsOf, play } from "../../kit/listener.ts";
import { type Clients, clientsOf, type Person, person } from "../../kit/people.ts";
import { opusPackets, tone } from "./sound.ts";

const { LOW, HIGH } = AudioQuality;

/** What holds of streams over several instances, whatever joins these. */
export function instancesSuite(open: () => Promise<Cluster>): void {
  let cluster: Cluster;
  let a: Member;
  let b: Member;
  let streamer: Person;
  let listener: Person;
  /** The same two persons at the other instance. */
  let streamerAtB: Clients;
  let listenerAtB: Clients;

  beforeAll(async () => {
    cluster = await open();
    [a, b] = [await cluster.join(), await cluster.join()];
    streamer = await person(a, "streamer");
    listener = await person(a, "listener");
    streamerAtB = clientsOf(b.gateway, streamer.accessToken);
    listenerAtB = clientsOf(b.gateway, listener.accessToken);
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  async function newStream() {
    const { stream, streamKey } = await streamer.stream.createStream({ title: "Everywhere" });
    const id = stream?.id ?? "";
    return { id, key: streamKey, path: `/live/${id}` };
  }

  async function broadcast(member: Member, mount: { path: string; key: string }, from = 0) {
    const source = icecastSource(member.gateway, mount);
    await source.says("200 OK");
    const sending = keepSending(source.send, from);
    return {
      source,
      stop: sending.stop,
      /** Answers the number of the frame that would have been next. */
      drop(): number {
        const next = sending.stop();
        source.drop();
        return next;
      },
    };
  }

  async function infoAt({ stream }: Pick<Clients, "stream">, streamId: string) {
    return (await stream.getStreamInfo({ streamId })).stream;
  }

  async function listening(at: Clients, streamId: string): Promise<boolean[]> {
    return (await at.stream.getListeners({ streamId })).listeners.map(({ isListening }) => isListening);
  }

  test("a source at one is heard at the other, byte for byte, in any quality; what is done there counts", async () => {
    const mount = await newStream();
    const source = await broadcast(a, mount);
    await using here = await play(`${a.gateway}/listen/${mount.id}.mp3`);
    await using there = await play(`${b.gateway}/listen/${mount.id}.mp3`);
    await using tape = listenTo(listenerAtB, { streamId: mount.id, preferredQuality: HIGH });
    const said = (kind: string) => tape.frames.filter((frame) => frame.case === kind).length;
    await tape.until("sound", (frames) => packetsOf(frames).length > 50);
    expect((await listenerAtB.stream.changeQuality({ streamId: mount.id, quality: LOW })).actualQuality).toBe(LOW);
    await tape.until("the other quality", () => said("qualityChanged") === 1);
    // Asked at the one instance, by who listens at the other.
    expect((await listener.stream.changeQuality({ streamId: mount.id, quality: HIGH })).actualQuality).toBe(HIGH);
    await tape.until("the first quality", () => said("qualityChanged") === 2);
    await streamer.stream.setVolume({ streamId: mount.id, volume: 40 });
    await tape.until("the volume", () => said("volume") === 1);
    await streamerAtB.stream.updateMetadata({ streamId: mount.id, metadata: { currentTrack: "From afar" } });
    await tape.until("the title", (frames) =>
      frames.some(({ case: kind, value }) => kind === "metadata" && value.currentTrack === "From afar"),
    );
    expect(await infoAt(streamerAtB, mount.id)).toMatchObject({ hasSource: true, listenerCount: 3 });
    expect(await listening(streamer, mount.id)).toEqual([true, true, true]);
    const { metrics } = await streamerAtB.stream.getAudioMetrics({ streamId: mount.id });
    expect(metrics?.currentBitrate).toBeGreaterThan(100_000);

    const { recording } = await streamerAtB.stream.startRecording({ streamId: mount.id });
    await pause(1000);
    const stopped = await streamerAtB.stream.stopRecording({ recordingId: recording?.id ?? "" });
    expect(stopped.recording?.status).toBe(RecordingStatus.COMPLETED);
    expect((await recordedAt(b, recording?.id)).length).toBeGreaterThan(20);

    // What comes while a stream is paused is heard nowhere.
    expect(expectCounted(here.bytes()).length).toBeGreaterThan(50);
    expect(expectCounted(there.bytes()).length).toBeGreaterThan(50);
    await streamerAtB.stream.pauseStream({ streamId: mount.id });
    await tape.until("the pause", () => said("paused") === 1);
    await streamer.stream.resumeStream({ streamId: mount.id });
    await tape.until("the end of it", () => said("resumed") === 1);

    source.stop();
    const { summary } = await streamerAtB.stream.stopStream({ streamId: mount.id });
    await Promise.all([source.source.closed, here.ended, there.ended, tape.ended]);
    expect(tape.frames.at(-1)?.case).toBe("ended");
    expect(summary?.maxConcurrent).toBe(3);
    expectContiguous(packetsOf(tape.frames));
    const ended = { status: StreamStatus.ENDED, listenerCount: 0, hasSource: false };
    expect(await infoAt(listener, mount.id)).toMatchObject(ended);
  });

  test("whoever waits at one for a stream that is not on air yet hears it from the other", async () => {
    const mount = await newStream();
    await using player = await play(`${b.gateway}/listen/${mount.id}.mp3`);
    await using tape = listenTo(listenerAtB, { streamId: mount.id });
    await tape.until("the beginning", (frames) => frames.length > 0);
    const source = await broadcast(a, mount);
    await tape.until("sound", (frames) => packetsOf(frames).length > 25);
    await player.atLeast(8000);
    expect(expectCounted(player.bytes())[0]).toBeLessThan(20);
    source.drop();
    await streamer.stream.stopStream({ streamId: mount.id });
  });

  test("a second source is refused at either; one that has dropped may come back to the other", async () => {
    const mount = await newStream();
    const first = await broadcast(a, mount);
    await using there = await play(`${b.gateway}/listen/${mount.id}.mp3`);
    await using here = await play(`${a.gateway}/listen/${mount.id}.mp3`);
    await Promise.all([there.atLeast(20_000), here.atLeast(20_000)]);
    const second = icecastSource(b.gateway, mount);
    await second.closed;
    expect(second.said()).toContain(" 409 ");

    const next = first.drop();
    await expect.poll(async () => (await infoAt(streamerAtB, mount.id))?.hasSource).toBe(false);
    const again = await broadcast(b, mount, next);
    const bytes = [here.bytes().length, there.bytes().length] as const;
    await Promise.all([here.atLeast(bytes[0] + 20_000), there.atLeast(bytes[1] + 20_000)]);
    again.drop();
    expectCounted(here.bytes());
    expectCounted(there.bytes());
    await streamer.stream.stopStream({ streamId: mount.id });
  });

  test("when the source's instance dies it comes back at the other, and listeners stay", async () => {
    const victim = await cluster.join();
    const mount = await newStream();
    const first = await broadcast(victim, mount);
    await using player = await play(`${b.gateway}/listen/${mount.id}.mp3`);
    await using tape = listenTo(listenerAtB, { streamId: mount.id });
    await using lost = listenTo(clientsOf(victim.gateway, listener.accessToken), { streamId: mount.id });
    await tape.until("sound", (frames) => packetsOf(frames).length > 50);
    await lost.until("sound", (frames) => packetsOf(frames).length > 50);
    const { recording } = await streamer.stream.startRecording({ streamId: mount.id });
    await pause(1000);
    const next = first.stop();
    await victim.kill();

    const [packets, bytes] = [packetsOf(tape.frames).length, player.bytes().length];
    const cameAt = performance.now();
    const again = await broadcast(b, mount, next);
    await tape.until("sound again", (frames) => packetsOf(frames).length > packets + 5);
    await player.atLeast(bytes + 1000);
    const silentMs = Math.round(performance.now() - cameAt);
    console.log(`heard again ${silentMs} ms after the source came back`);
    expect(silentMs).toBeLessThan(2000);
    expectContiguous(packetsOf(tape.frames));
    // Whoever listened at the instance that died has left; what it recorded is closed by another.
    await expect.poll(() => listening(streamer, mount.id), { timeout: 20_000 }).toEqual([true, true]);
    await expect
      .poll(async () => (await streamer.stream.getRecordings({ streamId: mount.id })).recordings, { timeout: 10_000 })
      .toMatchObject([{ id: recording?.id, status: RecordingStatus.COMPLETED }]);
    expect((await recordedAt(a, recording?.id)).length).toBeGreaterThan(20);
    again.drop();
    await streamer.stream.stopStream({ streamId: mount.id });
  });

  test("when the source's instance is stopped in good order, its listeners and its source go elsewhere at once", async () => {
    const leaving = await cluster.join();
    const mount = await newStream();
    const first = await broadcast(leaving, mount);
    await using player = await play(`${b.gateway}/listen/${mount.id}.mp3`);
    await using told = listenTo(clientsOf(leaving.gateway, listener.accessToken), { streamId: mount.id });
    await told.until("sound", (frames) => packetsOf(frames).length > 10);
    await player.atLeast(10_000);
    const stopping = leaving.stop();
    await Promise.all([first.source.closed, told.ended]);
    const next = first.stop();
    expect(told.frames.at(-1)?.case).toBe("closing");
    const bytes = player.bytes().length;
    const again = await broadcast(b, mount, next);
    await player.atLeast(bytes + 10_000);
    await stopping;
    // Whole frames in their order; what was on its way to the one that left is lost.
    const numbers = countedFrames(player.bytes());
    expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
    again.drop();
    await streamer.stream.stopStream({ streamId: mount.id });
  });

  test("without the bus listeners elsewhere hear nothing, and hear again when it is back", async () => {
    const { nats } = cluster;
    if (nats === undefined) return;
    const mount = await newStream();
    const source = await broadcast(a, mount);
    await using here = await play(`${a.gateway}/listen/${mount.id}.mp3`);
    await using tape = listenTo(listenerAtB, { streamId: mount.id, preferredQuality: LOW });
    await tape.until("sound", (frames) => packetsOf(frames).length > 50);
    await nats.stop();
    await pause(5000);
    const missed = packetsOf(tape.frames).length;
    await nats.start();
    const startedAt = performance.now();
    await tape.until("sound again", (frames) => packetsOf(frames).length > missed + 10);
    console.log(`heard again ${Math.round(performance.now() - startedAt)} ms after NATS came back`);
    await tape.until("more of it", (frames) => packetsOf(frames).length > missed + 100);
    const packets = packetsOf(tape.frames);
    const holes = packets.filter(({ sequence }, at) => at > 0 && sequence !== (packets[at - 1]?.sequence ?? 0) + 1);
    expect(holes.length).toBeLessThanOrEqual(1);
    expectCounted(here.bytes());
    source.drop();
    await streamer.stream.stopStream({ streamId: mount.id });
  });

  test("an instance that stood still, and was taken for gone, finds its place again", async () => {
    const victim = await cluster.join();
    if (victim.freeze === undefined || victim.thaw === undefined) return;
    const mount = await newStream();
    const first = await broadcast(victim, mount);
    const listenerThere = clientsOf(victim.gateway, listener.accessToken);
    const { listenerId } = await listenerThere.stream.joinStream({ streamId: mount.id });
    await using stuck = listenTo(listenerThere, { streamId: mount.id, listenerId });
    await using player = await play(`${b.gateway}/listen/${mount.id}.mp3`);
    await stuck.until("sound", (frames) => packetsOf(frames).length > 50);
    await player.atLeast(10_000);
    victim.freeze();
    const next = first.stop();
    const again = await broadcast(b, mount, next);
    const bytes = player.bytes().length;
    await player.atLeast(bytes + 10_000);
    await pause(1500);
    victim.thaw();
    // The source that it has is not the stream's any more; those who listen there hear the other.
    await first.source.closed;
    const packets = packetsOf(stuck.frames).length;
    await stuck.until("sound again", (frames) => packetsOf(frames).length > packets + 100);
    await expect.poll(() => listening(streamer, mount.id), { timeout: 10_000 }).toEqual([true, true]);
    expectContiguous(packetsOf(stuck.frames));
    again.drop();
    await streamer.stream.stopStream({ streamId: mount.id });
    await stuck.ended;
    expect(stuck.frames.at(-1)?.case).toBe("ended");
  });

  test("what was being recorded in a folder of its own is closed when its instance comes back, and read at all", async () => {
    const victim = await cluster.join("apart");
    const mount = await newStream();
    await broadcast(victim, mount);
    await expect.poll(async () => (await infoAt(streamer, mount.id))?.hasSource).toBe(true);
    const { recording } = await streamer.stream.startRecording({ streamId: mount.id });
    await pause(1000);
    await victim.kill();
    await streamer.stream.stopStream({ streamId: mount.id });
    const statuses = async () =>
      (await streamer.stream.getRecordings({ streamId: mount.id })).recordings.map(({ status }) => status);
    expect(await statuses()).toEqual([RecordingStatus.PROCESSING]);
    await cluster.join("apart");
    await expect.poll(statuses, { timeout: 20_000 }).toEqual([RecordingStatus.COMPLETED]);
    expect((await recordedAt(a, recording?.id)).length).toBeGreaterThan(20);
  });

  test("nothing goes over the bus while nobody listens elsewhere", async () => {
    const mount = await newStream();
    const source = await broadcast(a, mount);
    await using here = await play(`${a.gateway}/listen/${mount.id}.mp3`);
    await here.atLeast(10_000);
    if (a.traffic() === undefined) return;
    const sound = () => Object.keys(a.traffic() ?? {}).filter((subject) => subject.startsWith("stream.audio."));
    await pause(500);
    expect(sound()).toEqual([]);
    {
      await using there = await play(`${b.gateway}/listen/${mount.id}.ogg?quality=low`);
      await there.atLeast(4000);
      expect(sound()).toEqual([`stream.audio.${mount.id}.opus-low`]);
    }
    await expect.poll(sound, { timeout: 10_000, interval: 500 }).toEqual([]);
    source.drop();
    await streamer.stream.stopStream({ streamId: mount.id });
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
    const other = streamerAtB.stream.publishChunk({
      streamId: mount.id,
      publishId: crypto.randomUUID(),
      packets: [{ data: sound[0]?.data ?? new Uint8Array() }],
    });
    expect((await failureOf(other)).reason).toBe("ALREADY_BROADCASTING");
    await tape.until("all of it", (frames) => packetsOf(frames).length > 85);
    expectContiguous(packetsOf(tape.frames));
    await streamer.stream.stopStream({ streamId: mount.id });
  });

  test("who listens again at another instance is the same listener", async () => {
    const mount = await newStream();
    await streamer.stream.startStream({ streamId: mount.id });
    const { listenerId } = await listener.stream.joinStream({ streamId: mount.id });
    await using first = listenTo(listener, { streamId: mount.id, listenerId });
    await first.until("the beginning", (frames) => frames.length > 0);
    await using second = listenTo(listenerAtB, { streamId: mount.id, listenerId });
    await second.until("the beginning", (frames) => frames.length > 0);
    await first.ended;
    expect(first.frames.at(-1)?.case).toBe("closing");
    const { listeners, totalSize } = await streamer.stream.getListeners({ streamId: mount.id });
    expect([listeners.map(({ id, isListening }) => [id, isListening]), totalSize]).toEqual([[[listenerId, true]], 1]);
    await listener.stream.leaveStream({ streamId: mount.id, listenerId });
    await second.ended;
    expect((await infoAt(streamer, mount.id))?.listenerCount).toBe(0);
  });
}

function expectContiguous(packets: readonly HeardPacket[]): void {
  for (let at = 1; at < packets.length; at += 1) {
    const [before, after] = [packets[at - 1] as HeardPacket, packets[at] as HeardPacket];
    expect([after.sequence, after.pts], `packet ${at}`).toEqual([before.sequence + 1, before.pts + before.duration]);
  }
}

/** The numbers of the frames that the bytes are: none is missing. */
function expectCounted(bytes: Buffer): number[] {
  const numbers = countedFrames(bytes);
  expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] as number) + at));
  return numbers;
}

async function recordedAt({ gateway }: Member, recordingId: string | undefined): Promise<number[]> {
  const file = await fetch(`${gateway}/recordings/${recordingId}`);
  expect(file.status).toBe(200);
  return expectCounted(Buffer.from(await file.arrayBuffer()));
}
