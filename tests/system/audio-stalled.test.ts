import { connect } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, test } from "vitest";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import {
  ListenRequestSchema,
  type ListenResponse,
  ListenResponseSchema,
  StreamService,
} from "#gen/veza/stream/v1/stream_service_pb.ts";
import { limits } from "#src/platform/limits.ts";
import { type AudioPacket, createOggMuxer, createSourceReader } from "#src/stream/audio/index.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { icecastSource } from "../kit/icecast-source.ts";
import { play } from "../kit/listener.ts";
import { type Person, person } from "../kit/people.ts";
import { collect, opusPackets, seeded } from "./audio/sound.ts";

/** A reader whose connection takes nothing while it does not read, but for this much. */
const windowBytes = 16 * 1024;
/** Sound that is in buffers on both sides before anything is held back, and then some. */
const hiddenMs = 6000;

let app: TestApp;
let streamer: Person;
let mount: { id: string; key: string; path: string };
let stop: () => void;

beforeAll(async () => {
  app = await startApp();
  streamer = await person(app, "streamer");
  const { stream, streamKey } = await streamer.stream.createStream({ title: "For the slow" });
  const id = stream?.id ?? "";
  mount = { id, key: streamKey, path: `/live/${id}` };
  const source = icecastSource(app.gateway, { ...mount, contentType: "application/ogg" });
  await source.says("200 OK");
  stop = sendNoise(source.send);
});
afterAll(async () => {
  stop?.();
  await app?.[Symbol.asyncDispose]();
});

/** Noise, which takes as many bits as it may, in pages of 100 ms as they are due, over and over. */
function sendNoise(send: (bytes: Uint8Array) => void): () => void {
  const random = seeded(7);
  const pcm = Int16Array.from({ length: 48_000 * 2 }, () => (random() - 0.5) * 30_000);
  const sound = opusPackets(pcm, 320_000);
  const muxer = createOggMuxer(7);
  send(muxer.header);
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (; (sent + 5) * 20 <= performance.now() - startedAt; sent += 5) {
      const page = Array.from({ length: 5 }, (_, at) => {
        const sequence = sent + at;
        return { ...(sound[sequence % sound.length] as AudioPacket), sequence, pts: sequence * 960 };
      });
      for (const { bytes } of muxer.push(page)) send(bytes);
    }
  }, 20);
  return () => clearInterval(timer);
}

/** A response over HTTP/2 that is read only when it is told so. */
function slowReader(path: string, headers: Record<string, string> = {}, body?: Uint8Array) {
  const session = connect(app.gateway, { settings: { initialWindowSize: windowBytes } });
  const stream = session.request({ ":method": body === undefined ? "GET" : "POST", ":path": path, ...headers });
  const parts: Buffer[] = [];
  stream.on("error", () => undefined);
  session.on("error", () => undefined);
  stream.on("data", (part: Buffer) => parts.push(part));
  stream.end(body);
  const closed = new Promise<void>((resolve) => stream.once("close", () => resolve()));
  return {
    closed,
    bytes: () => Buffer.concat(parts),
    stall: () => stream.pause(),
    goOn: () => stream.resume(),
    [Symbol.dispose]: () => session.destroy(),
  };
}

function listenCall(preferredQuality: AudioQuality) {
  const request = toBinary(ListenRequestSchema, create(ListenRequestSchema, { streamId: mount.id, preferredQuality }));
  const body = Buffer.alloc(5 + request.length);
  body.writeUInt32BE(request.length, 1);
  body.set(request, 5);
  const headers = {
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${streamer.accessToken}`,
  };
  const reader = slowReader(`/${StreamService.typeName}/Listen`, headers, body);
  return {
    ...reader,
    frames(): ListenResponse["frame"][] {
      const bytes = reader.bytes();
      const frames: ListenResponse["frame"][] = [];
      for (let at = 0; at + 5 <= bytes.length; ) {
        const end = at + 5 + bytes.readUInt32BE(at + 1);
        if (end > bytes.length) break;
        frames.push(fromBinary(ListenResponseSchema, bytes.subarray(at + 5, end)).frame);
        at = end;
      }
      return frames;
    },
    [Symbol.dispose]: reader[Symbol.dispose],
  };
}

const sequences = (frames: readonly ListenResponse["frame"][]) =>
  frames.flatMap((frame) =>
    frame.case === "packets" ? frame.value.packets.map(({ sequence }) => Number(sequence)) : [],
  );

/** Where numbers do not follow each other. */
const holes = (numbers: readonly number[]) =>
  numbers.flatMap((number, at) => (at > 0 && number !== (numbers[at - 1] as number) + 1 ? [number] : []));

function readOgg(bytes: Uint8Array) {
  const reader = createSourceReader("ogg", collect());
  reader.push(bytes);
  return reader.faults;
}

/** Resolves once it is so; a busy machine may take its time. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for ${what}`);
    await pause(50);
  }
}

const there = async () => (await streamer.stream.getListeners({ streamId: mount.id })).listeners.map(({ id }) => id);

describe.concurrent("a connection that takes nothing", () => {
  test("for longer than sound is kept: the player goes on with whole pages of what is heard now, and others never notice", async ({
    expect,
  }) => {
    await using other = await play(`${app.gateway}/listen/${mount.id}.ogg`);
    using reader = slowReader(`/listen/${mount.id}.ogg`);
    await until("sound", () => reader.bytes().length > 50_000);
    reader.stall();
    await pause(limits.live.ringMs + hiddenMs);
    reader.goOn();
    const before = reader.bytes().length;
    await until("more sound", () => reader.bytes().length > before + 300_000);
    const heard = readOgg(reader.bytes());
    expect(heard.lostSamples).toBeGreaterThan(48_000);
    // Every page is whole, also those around the hole.
    expect([heard.skippedBytes, heard.damaged]).toEqual([0, 0]);
    expect(readOgg(other.bytes()).lostSamples).toBe(0);
    const { metrics } = await streamer.stream.getAudioMetrics({ streamId: mount.id });
    expect(Number(metrics?.droppedFrames)).toBeGreaterThan(0);
  });

  test("for some seconds: Listen goes on live, lower where the quality was left to it", async ({ expect }) => {
    using call = listenCall(AudioQuality.AUTO);
    await until("sound", () => sequences(call.frames()).length > 20);
    call.stall();
    await pause(limits.live.listenerLagMs + hiddenMs);
    call.goOn();
    await until("another quality", () => call.frames().some((frame) => frame.case === "qualityChanged"));
    const before = sequences(call.frames()).length;
    await until("more sound", () => sequences(call.frames()).length > before + 100);
    // One where it fell behind; the other quality may begin with another.
    expect(holes(sequences(call.frames())).length).toBeLessThanOrEqual(2);
    expect(holes(sequences(call.frames())).length).toBeGreaterThan(0);
  });

  test("ever again: it is closed, and its listener is gone", async ({ expect }) => {
    using player = slowReader(`/listen/${mount.id}.ogg?quality=ultra`);
    using call = listenCall(AudioQuality.ULTRA);
    await until("sound", () => player.bytes().length > 0 && sequences(call.frames()).length > 0);
    player.stall();
    call.stall();
    const slow = call.frames().find((frame) => frame.case === "opened")?.value.listenerId ?? "";
    expect(await there()).toContain(slow);
    await pause(limits.live.stalledListenerMs + hiddenMs - 2000);
    await until("the listener's end", async () => !(await there()).includes(slow));
    await until("nobody", async () => (await there()).length === 0);
  });
});
