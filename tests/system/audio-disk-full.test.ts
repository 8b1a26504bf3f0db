import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import { StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import { createAppendFile } from "#src/stream/live/append-file.ts";
import { startApp } from "../kit/app.ts";
import { keepSending } from "../kit/broadcast.ts";
import { countedFrames, frameBytes } from "../kit/counting-mp3.ts";
import { icecastSource } from "../kit/icecast-source.ts";
import { person } from "../kit/people.ts";

const isRoot = process.getuid?.() === 0;

/** A disk of so many KiB at a folder, for as long as it is used. */
async function smallDisk(folder: string, kib: number): Promise<Disposable> {
  await mkdir(folder, { recursive: true });
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", folder]);
  if (status !== 0) throw new Error(`${stderr}`);
  return { [Symbol.dispose]: () => void spawnSync("umount", ["-l", folder]) };
}

async function newFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "veza-full-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test.skipIf(!isRoot)("what a full disk did not take of a piece fails the file, and what it took stays", async () => {
  await using folder = await newFolder();
  using _disk = await smallDisk(folder.path, 64);
  const path = join(folder.path, "file");
  const failed = Promise.withResolvers<unknown>();
  const file = createAppendFile(path, failed.resolve);
  const piece = Buffer.from(Array.from({ length: 50_000 }, (_, at) => at & 0xff));
  file.add(piece);
  file.add(piece);
  expect(await failed.promise).toMatchObject({ code: "ENOSPC" });
  await expect(file.close()).rejects.toThrow("ENOSPC");
  const written = await readFile(path);
  expect(written.length).toBe(64 * 1024);
  expect(file.bytes).toBe(written.length);
  expect(written.equals(Buffer.concat([piece, piece]).subarray(0, written.length))).toBe(true);
});

test.skipIf(!isRoot)("a disk that is full ends the recording, says so, and nothing else", async () => {
  await using folder = await newFolder();
  using _disk = await smallDisk(join(folder.path, "recordings"), 64);
  await using app = await startApp({ dataDir: folder.path, env: { VEZA_LOG_LEVEL: "silent" } });
  const streamer = await person(app, "streamer");
  const { stream, streamKey } = await streamer.stream.createStream({ title: "Full" });
  const streamId = stream?.id ?? "";
  const source = icecastSource(app.gateway, { path: `/live/${streamId}`, key: streamKey });
  await source.says("200 OK");
  const sending = keepSending(source.send);
  const infoOf = async () => (await streamer.stream.getStreamInfo({ streamId })).stream;
  await expect.poll(async () => (await infoOf())?.hasSource).toBe(true);
  const { recording } = await streamer.stream.startRecording({ streamId });

  const read = async () => (await streamer.stream.getRecordings({ streamId })).recordings[0];
  await expect.poll(async () => (await read())?.status, { timeout: 12_000 }).toBe(RecordingStatus.FAILED);
  const failed = await read();
  expect(failed?.error).toContain("ENOSPC");
  expect(await infoOf()).toMatchObject({ status: StreamStatus.LIVE, hasSource: true, isRecording: false });

  const file = await fetch(`${app.gateway}/recordings/${recording?.id}?token=${streamer.accessToken}`);
  const bytes = Buffer.from(await file.arrayBuffer());
  expect([file.status, bytes.length]).toEqual([200, Number(failed?.fileSize)]);
  const numbers = countedFrames(bytes);
  expect(numbers.length).toBe(Math.floor(bytes.length / frameBytes));
  expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] as number) + at));
  sending.stop();
  source.drop();
});
