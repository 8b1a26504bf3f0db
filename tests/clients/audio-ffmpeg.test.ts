import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApp, type TestApp } from "../kit/app.ts";
import { listenTo, packetsOf } from "../kit/listener.ts";
import { type Person, person } from "../kit/people.ts";
import { channel, decodeOpus, heard } from "../system/audio/sound.ts";

const run = promisify(execFile);

let app: TestApp;
let streamer: Person;
let folder: string;
const sources: ChildProcess[] = [];

/** What the sources send: a sine of 1000 Hz with an amplitude of a half, on both sides. */
const hertz = 1000;
const amplitude = 0.5;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "veza-audio-"));
  app = await startApp();
  streamer = await person(app, "streamer");
  const sine = `aevalsrc=${amplitude}*sin(2*PI*${hertz}*t)|${amplitude}*sin(2*PI*${hertz}*t):s=44100:d=90`;
  const make = (...rest: string[]) => run("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", sine, ...rest]);
  await make("-c:a", "libmp3lame", "-b:a", "192k", join(folder, "song.mp3"));
  await make("-ar", "48000", "-c:a", "libopus", "-b:a", "128k", join(folder, "song.opus"));
});
afterAll(async () => {
  for (const source of sources) source.kill("SIGKILL");
  await app?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Mount {
  readonly id: string;
  readonly key: string;
}

async function newStream(title: string): Promise<Mount> {
  const { stream, streamKey } = await streamer.stream.createStream({ title });
  return { id: stream?.id ?? "", key: streamKey };
}

async function isSounding(streamId: string): Promise<boolean | undefined> {
  return (await streamer.stream.getStreamInfo({ streamId })).stream?.hasSource;
}

/** ffmpeg as a source, as the contract has it. Resolves once it is heard. */
async function push({ id, key }: Mount, ...args: string[]): Promise<{ process: ChildProcess; errors: string[] }> {
  const url = `icecast://source:${key}@${new URL(app.gateway).host}/live/${id}`;
  const process = spawn("ffmpeg", ["-v", "error", "-re", "-i", ...args, url], { stdio: ["ignore", "ignore", "pipe"] });
  sources.push(process);
  const errors: string[] = [];
  process.stderr?.on("data", (text: Buffer) => errors.push(text.toString()));
  await expect.poll(() => isSounding(id), { timeout: 15_000 }).toBe(true);
  return { process, errors };
}

/** What ffmpeg makes of a file, as 48 kHz. */
async function decoded(file: string): Promise<Float64Array> {
  const { stdout } = await run("ffmpeg", ["-v", "error", "-i", file, "-f", "s16le", "-ac", "1", "-ar", "48000", "-"], {
    encoding: "buffer",
    maxBuffer: 64 * 1024 * 1024,
  });
  const samples = new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length >> 1);
  return Float64Array.from(samples, (sample) => sample / 32_768);
}

interface Measured {
  readonly seconds: number;
  readonly hertz: number;
  readonly db: number;
}

function measure(samples: Float64Array): Measured {
  const seconds = samples.length / 48_000;
  const sound = heard(samples, 0.5, Math.min(seconds - 0.2, 3));
  return { seconds, hertz: sound.frequency, db: 20 * Math.log10(sound.amplitude / amplitude) };
}

const measured: string[] = [];
function expectTone(what: string, { seconds, hertz: found, db }: Measured, atLeastSeconds: number): void {
  measured.push(`${what.padEnd(34)} ${seconds.toFixed(2)} s  ${found.toFixed(2)} Hz  ${db.toFixed(2)} dB`);
  expect(seconds, what).toBeGreaterThan(atLeastSeconds);
  expect(Math.abs(found - hertz), `${what}: frequency`).toBeLessThan(1);
  expect(Math.abs(db), `${what}: level`).toBeLessThan(1.5);
}
afterAll(() => console.log(measured.join("\n")));

const forms = ["mp3", "ogg", "webm"] as const;
const qualities = ["low", "medium", "high", "ultra", "auto"] as const;

describe.each([
  ["MP3", ["song.mp3", "-c:a", "libmp3lame", "-b:a", "192k", "-f", "mp3"]],
  ["Ogg Opus", ["song.opus", "-c:a", "libopus", "-b:a", "128k", "-f", "ogg", "-content_type", "application/ogg"]],
] as const)("ffmpeg sends %s", (name, [file, ...args]) => {
  test("ffmpeg and curl hear the tone, in every quality and container", async () => {
    const mount = await newStream(name);
    const { process, errors } = await push(mount, join(folder, file), ...args);
    const wanted = forms.flatMap((form) => qualities.map((quality) => ({ form, quality })));
    // ffmpeg writes a page of Ogg once a second: that is how its sound comes, and how it is heard.
    await Promise.all(
      wanted.map(async ({ form, quality }) => {
        const url = `${app.gateway}/listen/${mount.id}.${form}?quality=${quality}`;
        const out = join(folder, `${name} ${quality}.${form}`);
        await run("curl", ["-sS", "-m", "6", "-o", out, url]).catch((error: { code: number }) => {
          // 28: the time is over, as it was meant to be.
          if (error.code !== 28) throw error;
        });
      }),
    );
    for (const { form, quality } of wanted) {
      const out = join(folder, `${name} ${quality}.${form}`);
      expect((await stat(out)).size).toBeGreaterThan(10_000);
      expectTone(`${name} → curl ${quality} ${form}`, measure(await decoded(out)), 3.5);
    }
    await Promise.all(
      forms.map(async (form) => {
        const out = join(folder, `${name} by ffmpeg.${form}.wav`);
        const url = `${app.gateway}/listen/${mount.id}.${form}`;
        await run("ffmpeg", ["-v", "error", "-i", url, "-t", "4", out]);
        expectTone(`${name} → ffmpeg ${form}`, measure(await decoded(out)), 3.5);
      }),
    );
    await using tape = listenTo(streamer, { streamId: mount.id });
    await tape.until("four seconds", (frames) => packetsOf(frames).length > 200);
    expectTone(`${name} → Listen`, measure(channel(decodeOpus(packetsOf(tape.frames)), 0)), 3.5);
    expect(errors.filter((line) => !line.includes("icecast"))).toEqual([]);
    process.kill("SIGTERM");
    await once(process, "exit");
    await streamer.stream.stopStream({ streamId: mount.id });
  }, 60_000);

  test("a recording of it plays in ffmpeg", async () => {
    const mount = await newStream(`${name}, recorded`);
    const { process } = await push(mount, join(folder, file), ...args);
    const { recording } = await streamer.stream.startRecording({ streamId: mount.id });
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const stopped = await streamer.stream.stopRecording({ recordingId: recording?.id ?? "" });
    process.kill("SIGKILL");
    const { fileUrl, peaks, contentType } = stopped.recording ?? {};
    const out = join(folder, `${name} recording`);
    await run("curl", ["-sS", "-f", "-o", out, fileUrl ?? ""]);
    expectTone(`${name} → recording ${contentType}`, measure(await decoded(out)), 3.4);
    expect(peaks?.length).toBeGreaterThan(50);
    for (const peak of peaks?.slice(5, -5) ?? []) expect(Math.abs(peak - amplitude)).toBeLessThan(0.06);
    await streamer.stream.stopStream({ streamId: mount.id });
  }, 60_000);
});

test("ffmpeg by the legacy protocol, and curl with chunks and with a length", async () => {
  const legacy = await newStream("legacy");
  const { process } = await push(
    legacy,
    join(folder, "song.mp3"),
    "-c:a",
    "copy",
    "-f",
    "mp3",
    "-legacy_icecast",
    "1",
    "-content_type",
    "audio/mpeg",
  );
  process.kill("SIGKILL");
  for (const headers of [["-H", "Transfer-Encoding: chunked"], []]) {
    const mount = await newStream("curl");
    const curl = spawn("curl", [
      "-sS",
      "--limit-rate",
      "30k",
      "-u",
      `source:${mount.key}`,
      "-H",
      "Content-Type: audio/mpeg",
      ...headers,
      "-T",
      join(folder, "song.mp3"),
      `${app.gateway}/live/${mount.id}`,
    ]);
    sources.push(curl);
    await expect.poll(() => isSounding(mount.id), { timeout: 10_000 }).toBe(true);
    curl.kill("SIGKILL");
    await expect.poll(() => isSounding(mount.id), { timeout: 10_000 }).toBe(false);
  }
});

test("ffmpeg is told when the key is wrong", async () => {
  const mount = await newStream("wrong");
  const url = `icecast://source:nope@${new URL(app.gateway).host}/live/${mount.id}`;
  const args = ["-v", "error", "-re", "-i", join(folder, "song.mp3"), "-t", "2", "-c:a", "copy", "-f", "mp3", url];
  await expect(run("ffmpeg", args)).rejects.toThrow("401");
});
