import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Recording } from "#gen/veza/stream/v1/recording_pb.ts";
import { RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import { createOggMuxer, createSourceReader } from "#src/stream/audio/index.ts";
import { countedFrames, countingFrame, frameBytes, frameMs } from "../kit/counting-mp3.ts";
import { type IcecastSource, icecastSource } from "../kit/icecast-source.ts";
import { type Clients, clientsOf, password, person } from "../kit/people.ts";
import { spawnVeza } from "../kit/process.ts";
import { channel, collect, decodeOpus, heard, opusPackets, seeded, tone } from "./audio/sound.ts";

/** What the contract allows to be lost. */
const lostMs = 200;

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "veza-kill-"));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const env = () => ({
  VEZA_HTTP_PORT: "0",
  VEZA_CHAT_PORT: "0",
  VEZA_STREAM_PORT: "0",
  VEZA_DATA_DIR: dataDir,
  VEZA_LOG_LEVEL: "info",
});

/** Broadcasts what `sendDue` sends, kills the service in the middle of a recording, and starts it again. */
async function killedWhileRecording(contentType: string, sendDue: (source: IcecastSource, playedMs: number) => void) {
  const first = await spawnVeza(env());
  const { stream } = await person(first, "streamer");
  const created = await stream.createStream({ title: "Killed" });
  const streamId = created.stream?.id ?? "";
  const source = icecastSource(first.gateway, { path: `/live/${streamId}`, key: created.streamKey, contentType });
  await source.says("200 OK");
  const startedAt = performance.now();
  const sending = setInterval(() => sendDue(source, performance.now() - startedAt), 10);
  await pause(1000);
  const { recording } = await stream.startRecording({ streamId });
  await pause(3000);
  clearInterval(sending);
  sendDue(source, performance.now() - startedAt);
  // Just enough for the last bytes to leave this process.
  await pause(5);
  await first.end("SIGKILL");
  source.drop();

  const second = await spawnVeza(env());
  const { tokens } = await clientsOf(second.gateway).auth.login({ login: "streamer", password });
  const again = clientsOf(second.gateway, tokens?.accessToken);
  const closed = await completed(again, recording?.id ?? "");
  const file = await fetch(`${second.gateway}/recordings/${closed.id}?token=${tokens?.accessToken}`);
  const bytes = Buffer.from(await file.arrayBuffer());
  await second.end("SIGTERM");
  return { closed, bytes, type: file.headers.get("content-type") };
}

async function completed({ stream }: Clients, recordingId: string): Promise<Recording> {
  let found: Recording | undefined;
  await expect
    .poll(
      async () => {
        found = (await stream.getRecordings({})).recordings.find(({ id }) => id === recordingId);
        return found?.status;
      },
      { timeout: 10_000 },
    )
    .toBe(RecordingStatus.COMPLETED);
  return found as Recording;
}

function millis(recording: Recording): number {
  return Number(recording.duration?.seconds) * 1000 + (recording.duration?.nanos ?? 0) / 1e6;
}

test("kill -9 in a recording of MP3 loses at most 200 ms, and every byte before that is there", async () => {
  let sent = 0;
  const { closed, bytes, type } = await killedWhileRecording("audio/mpeg", (source, playedMs) => {
    for (; sent * frameMs < playedMs; sent += 1) source.send(countingFrame(sent));
  });
  const numbers = countedFrames(bytes);
  expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] as number) + at));
  const lost = (sent - 1 - (numbers.at(-1) as number)) * frameMs;
  console.log(`MP3: ${Math.round(lost)} ms of ${Math.round(sent * frameMs)} lost`);
  expect(lost).toBeLessThanOrEqual(lostMs);
  expect(type).toBe("audio/mpeg");
  expect(closed.peaks.length).toBeGreaterThan(50);
  expect(Math.abs(millis(closed) - Math.floor(bytes.length / frameBytes) * frameMs)).toBeLessThan(30);
  expect(await readdir(join(dataDir, "files", "recordings"))).toHaveLength(1);
});

test("kill -9 in a recording of Opus loses at most 200 ms, and it plays", async () => {
  const pcm = tone(6, 1000);
  const random = seeded(1);
  // Noise on the right, so that no packet is like another.
  for (let at = 1; at < pcm.length; at += 2) pcm[at] = Math.round((random() - 0.5) * 4000);
  const sound = opusPackets(pcm, 96_000);
  const muxer = createOggMuxer(7);
  let sent = 0;
  const { closed, bytes, type } = await killedWhileRecording("application/ogg", (source, playedMs) => {
    if (sent === 0) source.send(muxer.header);
    // Pages of 100 ms, sent when their last packet is due.
    for (; (sent + 5) * 20 <= playedMs && sent + 5 <= sound.length; sent += 5) {
      for (const piece of muxer.push(sound.slice(sent, sent + 5))) source.send(piece.bytes);
    }
  });
  const read = collect();
  createSourceReader("ogg", read).push(bytes);
  const texts = sound.map(({ data }) => Buffer.from(data).toString("base64"));
  const last = texts.lastIndexOf(Buffer.from(read.units.at(-1)?.data ?? []).toString("base64"));
  const lost = (sent - 1 - last) * 20;
  console.log(`Opus: ${lost} ms of ${sent * 20} lost`);
  expect(last).toBeGreaterThan(0);
  expect(lost).toBeLessThanOrEqual(lostMs);
  expect(type).toBe("audio/ogg");
  expect(Math.abs(millis(closed) - read.units.length * 20)).toBeLessThan(1);
  const { frequency, amplitude } = heard(channel(decodeOpus(read.units), 0), 0.3, 2);
  expect(Math.abs(frequency - 1000)).toBeLessThan(1);
  expect(Math.abs(20 * Math.log10(amplitude / 0.5))).toBeLessThan(1);
  expect(closed.peaks.length).toBeGreaterThan(50);
  for (const peak of closed.peaks.slice(5, -5)) expect(Math.abs(peak - 0.5)).toBeLessThan(0.05);
});
