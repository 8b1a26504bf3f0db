import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import { limitReached } from "../errors.ts";

/** Makes Ogg Opus of other sound, by the ffmpeg of the system where there is one: a process for each source. */
export interface Transcoder extends AsyncDisposable {
  /** Whether there is an ffmpeg. Without one nothing can be opened. */
  readonly isThere: boolean;
  /** Throws LIMIT_REACHED while too many sources need one. */
  open(sink: TranscodingSink): Transcoding;
}

/**
 * How a transcoding ended. `heard`: the file is over. `unreadable`: ffmpeg found no sound in it, or none any more.
 * `broken`: ffmpeg did not run or was killed. `error`: the sink threw it.
 */
export type TranscodingEnd = "heard" | "unreadable" | "broken" | { readonly error: unknown };

export interface TranscodingSink {
  /** The next bytes of Ogg Opus. Nothing more comes until the promise resolves, if there is one. */
  bytes(bytes: Uint8Array): Promise<void> | undefined;
  /** Called once, unless it was disposed of before. */
  ended(how: TranscodingEnd): void;
}

/** Disposing of it ends its process at once. */
export interface Transcoding extends Disposable {
  /** The next bytes of the file. Go on once the promise resolves, or at once when there is none. Never rejects. */
  push(bytes: Uint8Array): Promise<void> | undefined;
  /** The file is over: `ended` is called when the rest of it was taken. */
  finish(): void;
}

/** What strangers send must not make ffmpeg open files or connections, nor run a decoder that sound does not need. */
const formats = "aac,flac,mov,mp3,ogg,wav";
const codecs =
  "aac,alac,flac,mp1,mp1float,mp2,mp2float,mp3,mp3float,opus,libopus,speex,libspeex,vorbis,libvorbis," +
  "pcm_u8,pcm_s16le,pcm_s24le,pcm_s32le,pcm_f32le,pcm_f64le,pcm_alaw,pcm_mulaw";
const args: readonly string[] = [
  ...["-hide_banner", "-v", "error", "-nostdin", "-threads", "1"],
  ...["-protocol_whitelist", "pipe", "-format_whitelist", formats, "-codec_whitelist", codecs],
  // What it may read before it says what it is: listeners wait as long.
  ...["-formatprobesize", "262144", "-probesize", "32768", "-analyzeduration", "500000", "-fflags", "+nobuffer"],
  ...["-i", "pipe:0", "-map", "0:a:0", "-af", "aformat=channel_layouts=mono|stereo"],
  ...["-c:a", "libopus", "-b:a", "256k", "-f", "ogg", "-page_duration", "20000", "-flush_packets", "1", "pipe:1"],
];

/** Looks for ffmpeg once. */
export function createTranscoder({ log }: { log: Log }): Transcoder {
  const ffmpeg = findProgram("ffmpeg", process.env.PATH ?? "");
  const children = new Map<ChildProcess, { readonly stop: () => void; readonly gone: Promise<void> }>();

  return {
    isThere: ffmpeg !== undefined,
    open(sink) {
      if (ffmpeg === undefined) throw new Error("there is no ffmpeg");
      const limit = limits.live.transcoders;
      if (children.size >= limit) {
        throw limitReached(
          `at most ${limit} sources at once send what has to be converted: send Ogg Opus or MP3`,
          limit,
        );
      }
      // None of our settings: some are secrets.
      const child = spawn(ffmpeg, args, { env: {}, stdio: "pipe" });
      const { stdin, stdout, stderr } = child;
      const gone = Promise.withResolvers<void>();
      children.set(child, { stop, gone: gone.promise });

      let isOver = false;
      let isFinished = false;
      let hasSounded = false;
      let complaints = "";
      /** What the sink has not taken yet. */
      let behind: Promise<void> | undefined;
      /** Since when something went in and nothing came out. */
      let quietSince: number | undefined;

      const watch = setInterval(() => {
        if (quietSince === undefined || performance.now() - quietSince < limits.live.transcoderQuietMs) return;
        end("unreadable");
      }, limits.live.transcoderQuietMs / 8).unref();

      function stop(): void {
        isOver = true;
        clearInterval(watch);
        child.kill("SIGKILL");
        for (const pipe of [stdin, stdout, stderr]) pipe.destroy();
      }
      function end(how: TranscodingEnd): void {
        if (isOver) return;
        stop();
        if (how !== "heard") log.info({ how, complaints }, "ffmpeg ended before its source did");
        sink.ended(how);
      }
      function howItEnded(code: number | null): TranscodingEnd {
        if (code === null) return "broken";
        return hasSounded && (isFinished || code === 0) ? "heard" : "unreadable";
      }

      function hold(taken: Promise<void>): void {
        behind = taken;
        stdout.pause();
        taken.then(
          () => {
            if (behind !== taken) return;
            behind = undefined;
            stdout.resume();
          },
          (error: unknown) => end({ error }),
        );
      }
      stdout.on("data", (bytes: Buffer) => {
        hasSounded = true;
        quietSince = undefined;
        // Node reads on what a process left that has ended, paused or not.
        if (behind !== undefined) return hold(behind.then(() => sink.bytes(bytes)));
        try {
          const taken = sink.bytes(bytes);
          if (taken !== undefined) hold(taken);
        } catch (error) {
          end({ error });
        }
      });
      stderr.on("data", (bytes: Buffer) => {
        complaints = `${complaints}${bytes.toString()}`.slice(-limits.live.transcoderComplaintChars);
      });
      // Who is gone reads and writes no more: how it went is told when it closes.
      for (const pipe of [stdin, stdout, stderr]) pipe.on("error", () => undefined);
      child.once("error", (error) => {
        complaints = error.message;
        end("broken");
        forget();
      });
      function forget(): void {
        children.delete(child);
        gone.resolve();
      }
      // All that it wrote has come by now, but the last of it may not have been taken.
      child.once("close", (code) => {
        forget();
        (behind ?? Promise.resolve()).then(
          () => end(howItEnded(code)),
          () => undefined,
        );
      });

      return {
        push(bytes) {
          if (isOver || isFinished || stdin.destroyed) return undefined;
          if (behind === undefined) quietSince ??= performance.now();
          if (stdin.write(bytes)) return undefined;
          return new Promise((resolve) => {
            function goOn(): void {
              stdin.removeListener("drain", goOn);
              stdin.removeListener("close", goOn);
              resolve();
            }
            stdin.once("drain", goOn);
            stdin.once("close", goOn);
          });
        },
        finish() {
          isFinished = true;
          stdin.end();
        },
        [Symbol.dispose]: stop,
      };
    },
    async [Symbol.asyncDispose]() {
      const running = [...children.values()];
      for (const { stop } of running) stop();
      await Promise.all(running.map(({ gone }) => gone));
    },
  };
}

/** Where a program is; undefined when it is in none of the folders of a PATH. */
function findProgram(name: string, path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    if (folder === "") continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {}
  }
  return undefined;
}
