import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "#src/platform/limits.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { icecastSource } from "../kit/icecast-source.ts";
import { listenTo, packetsOf } from "../kit/listener.ts";
import { type Person, person } from "../kit/people.ts";
import { spawnVeza } from "../kit/process.ts";
import { channel, decodeOpus, heard } from "../system/audio/sound.ts";

const run = promisify(execFile);

let app: TestApp;
let streamer: Person;
const sources: ChildProcess[] = [];

beforeAll(async () => {
  app = await startApp();
  streamer = await person(app, "streamer");
});
afterAll(async () => {
  for (const source of sources) source.kill("SIGKILL");
  await app?.[Symbol.asyncDispose]();
  expect(await transcoders()).toEqual([]);
});

/** The processes that convert sound for a service, the one that runs here unless said otherwise. */
async function transcoders(of: number = process.pid): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    if (command.includes("\0-format_whitelist\0") && status.includes(`PPid:\t${of}\n`)) found.push(pid);
  }
  return found;
}
const noneIsLeft = () => expect.poll(() => transcoders(), { timeout: 10_000 }).toEqual([]);

async function newMount(title: string, by: Person = streamer) {
  const { stream, streamKey: key } = await by.stream.createStream({ title });
  const id = stream?.id ?? "";
  return { id, key, path: `/live/${id}` };
}

const hertz = 1000;
const amplitude = 0.5;
const tone = (seconds: number) => {
  const sine = `${amplitude}*sin(2*PI*${hertz}*t)`;
  return ["-v", "error", "-f", "lavfi", "-i", `aevalsrc=${sine}|${sine}:s=44100:d=${seconds}`];
};

async function expectTone(streamId: string, seconds: number): Promise<void> {
  await using tape = listenTo(streamer, { streamId });
  await tape.until(`${seconds} s`, (frames) => packetsOf(frames).length > seconds * 50);
  const sound = channel(decodeOpus(packetsOf(tape.frames)), 0);
  const { frequency, amplitude: level } = heard(sound, 0.6, seconds - 0.2);
  expect(Math.abs(frequency - hertz)).toBeLessThan(1);
  expect(Math.abs(20 * Math.log10(level / amplitude))).toBeLessThan(1.5);
}

const adts = ["-c:a", "aac", "-b:a", "128k", "-f", "adts"];
const forms: [string, string, string[]][] = [
  ["AAC", "audio/aac", adts],
  ["AAC that says nothing of itself", "application/octet-stream", adts],
  ["FLAC", "audio/flac", ["-c:a", "flac", "-f", "flac"]],
  ["WAV", "audio/x-wav", ["-c:a", "pcm_s16le", "-f", "wav"]],
  ["Ogg Vorbis", "application/ogg", ["-c:a", "libvorbis", "-f", "ogg", "-page_duration", "100000"]],
  ["Ogg FLAC", "audio/ogg", ["-c:a", "flac", "-f", "ogg", "-page_duration", "100000"]],
  [
    "Ogg Opus of six channels",
    "audio/ogg",
    ["-ac", "6", "-c:a", "libopus", "-mapping_family", "1", "-f", "ogg", "-page_duration", "100000"],
  ],
  ["layer II", "audio/mpeg", ["-c:a", "mp2", "-b:a", "192k", "-f", "mp2"]],
  [
    "MP4 in fragments",
    "audio/mp4",
    [...["-c:a", "aac", "-f", "mp4"], ...["-movflags", "+frag_keyframe+empty_moov", "-frag_duration", "200000"]],
  ],
];

describe("what is not read here goes through ffmpeg", () => {
  test.each(forms)("%s as ffmpeg sends it", async (_name, type, args) => {
    const { id, key } = await newMount("tone");
    const url = `icecast://source:${key}@${new URL(app.gateway).host}/live/${id}`;
    const source = spawn("ffmpeg", ["-re", ...tone(60), ...args, "-content_type", type, url], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    sources.push(source);
    await expectTone(id, 3);
    expect(await transcoders()).toHaveLength(1);
    source.kill("SIGKILL");
    await once(source, "exit");
    await noneIsLeft();
    await streamer.stream.stopStream({ streamId: id });
  });

  test("a file that comes at once is held back and heard to its end", async () => {
    // Its last second is of another tone.
    const sine = "aevalsrc=0.5*sin(2*PI*(1000+500*gte(t\\,7))*t):s=44100:d=8";
    const { stdout } = await run("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", sine, ...adts, "-"], {
      encoding: "buffer",
    });
    const { id, key } = await newMount("whole");
    await using tape = listenTo(streamer, { streamId: id });
    await tape.until("opened", (frames) => frames.length > 0);
    const answer = await fetch(`${app.gateway}/live/${id}`, {
      method: "PUT",
      headers: { authorization: `Basic ${btoa(`source:${key}`)}`, "content-type": "audio/aac" },
      body: new Uint8Array(stdout),
    });
    expect(answer.status).toBe(200);
    await noneIsLeft();
    const lastHertz = () => {
      const sound = channel(decodeOpus(packetsOf(tape.frames)), 0);
      const seconds = sound.length / 48_000;
      return seconds < 7 ? 0 : Math.round(heard(sound, seconds - 0.9, seconds - 0.1).frequency);
    };
    await expect.poll(lastHertz, { timeout: 10_000 }).toBe(1500);
    await streamer.stream.stopStream({ streamId: id });
  });

  test("a stream that is stopped leaves no process", async () => {
    const { stdout } = await run("ffmpeg", [...tone(30), ...adts, "-"], { encoding: "buffer" });
    const { id, key, path } = await newMount("stopped");
    const source = icecastSource(app.gateway, { path, key, contentType: "audio/aac" });
    source.send(stdout);
    await expectTone(id, 2);
    const second = icecastSource(app.gateway, { path, key, contentType: "audio/aac" });
    await second.closed;
    expect(second.said()).toContain(" 409 ");
    expect(await transcoders()).toHaveLength(1);
    await streamer.stream.stopStream({ streamId: id });
    await source.closed;
    await noneIsLeft();
  });
});

describe("a service that ends leaves no process", () => {
  test("in good order", async () => {
    const stopping = await startApp();
    const other = await person(stopping, "other");
    const { stdout } = await run("ffmpeg", [...tone(30), ...adts, "-"], { encoding: "buffer" });
    const { key, path } = await newMount("stopping", other);
    icecastSource(stopping.gateway, { path, key, contentType: "audio/aac" }).send(stdout);
    await expect.poll(() => transcoders(), { timeout: 10_000 }).toHaveLength(1);
    await stopping[Symbol.asyncDispose]();
    expect(await transcoders()).toEqual([]);
  });

  test("and by kill -9", async () => {
    const folder = await mkdtemp(join(tmpdir(), "veza-transcode-"));
    const ports = { VEZA_HTTP_PORT: "0", VEZA_CHAT_PORT: "0", VEZA_STREAM_PORT: "0" };
    const veza = await spawnVeza({ ...ports, VEZA_DATA_DIR: folder });
    const { stdout } = await run("ffmpeg", [...tone(30), ...adts, "-"], { encoding: "buffer" });
    const { key, path } = await newMount("killed", await person(veza, "other"));
    icecastSource(veza.gateway, { path, key, contentType: "audio/aac" }).send(stdout);
    await expect.poll(() => transcoders(veza.pid), { timeout: 10_000 }).toHaveLength(1);
    const [pid] = await transcoders(veza.pid);
    await veza.end("SIGKILL");
    const commandOf = () => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    await expect.poll(commandOf, { timeout: 10_000 }).toBe("");
    await rm(folder, { recursive: true, force: true });
  });
});

test("so many at once, and no more", async () => {
  const mounts = await Promise.all(Array.from({ length: limits.live.transcoders + 1 }, () => newMount("many")));
  const [last, ...rest] = mounts.map(({ path, key }) => ({ path, key, contentType: "audio/aac" }));
  const taken = rest.map((request) => icecastSource(app.gateway, request));
  await Promise.all(taken.map((source) => source.says("200 OK")));
  const refused = icecastSource(app.gateway, last as NonNullable<typeof last>);
  await refused.closed;
  expect(refused.said()).toContain(" 429 ");
  for (const source of taken) source.drop();
  await noneIsLeft();
  for (const { id } of mounts) await streamer.stream.stopStream({ streamId: id });
});

describe("what ffmpeg cannot read", () => {
  test("garbage that claims to be AAC ends with an error that followers see, and leaves no process", async () => {
    const { id, key, path } = await newMount("garbage");
    const leave = new AbortController();
    const events = (async () => {
      for await (const { frame } of streamer.stream.subscribeToStreamEvents(
        { streamId: id },
        { signal: leave.signal },
      )) {
        if (frame.case === "event" && frame.value.payload.case === "error") return frame.value.payload.value;
      }
      return undefined;
    })();
    const source = icecastSource(app.gateway, {
      path,
      key,
      contentType: "audio/aac",
      headers: { expect: "100-continue" },
    });
    await source.says("100 Continue");
    source.send(randomBytes(300_000));
    await source.closed;
    expect(source.said()).toContain(" 415 ");
    expect(await events).toMatchObject({ reason: "AUDIO_UNSUPPORTED" });
    leave.abort();
    await noneIsLeft();
    const better = icecastSource(app.gateway, { path, key });
    await better.says("200 OK");
    better.drop();
    await streamer.stream.stopStream({ streamId: id });
  });

  test("a playlist does not make it open what the playlist names", async () => {
    const { key, path } = await newMount("playlist");
    const source = icecastSource(app.gateway, {
      path,
      key,
      contentType: "audio/aac",
      headers: { expect: "100-continue" },
    });
    await source.says("100 Continue");
    source.send(Buffer.from(`#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n${app.gateway}/health\n`.repeat(2000)));
    await source.closed;
    expect(source.said()).toContain(" 415 ");
    await noneIsLeft();
  });
});

test("without ffmpeg the answer names what is taken, and what ffmpeg would add", async () => {
  const folder = await mkdtemp(join(tmpdir(), "veza-transcode-"));
  const ports = { VEZA_HTTP_PORT: "0", VEZA_CHAT_PORT: "0", VEZA_STREAM_PORT: "0" };
  const veza = await spawnVeza({ ...ports, PATH: "", VEZA_DATA_DIR: folder, VEZA_LOG_LEVEL: "info" });
  try {
    const other = await person(veza, "other");
    const { stdout } = await run("ffmpeg", [...tone(1), ...adts, "-"], { encoding: "buffer" });
    for (const contentType of ["audio/aac", "application/octet-stream"]) {
      const { key, path } = await newMount("none", other);
      const source = icecastSource(veza.gateway, { path, key, contentType, headers: { expect: "100-continue" } });
      source.send(stdout);
      await source.closed;
      expect(source.said()).toContain(" 415 ");
      expect(source.said()).toMatch(/MP3, Ogg Opus or WebM Opus.*ffmpeg/);
    }
  } finally {
    await veza.end("SIGTERM");
    await rm(folder, { recursive: true, force: true });
  }
});
