import { Failure, Reason } from "../../platform/failure.ts";
import type { ContainerKind } from "../audio/index.ts";
import { audioUnsupported, broadcastOver } from "../errors.ts";
import type { OnAirStream } from "../live-port.ts";
import { isForeignSound, isForeignType } from "./foreign-sound.ts";
import type { Ingest, Source } from "./ingest.ts";
import { containerOf } from "./source-address.ts";
import type { Transcoder, Transcoding, TranscodingEnd } from "./transcoder.ts";

/** What a source says that it sends. `foreign`: only ffmpeg reads it. */
export type FileKind = ContainerKind | "foreign";

/** A source that sends a file and holds its stream. */
export interface IncomingFile {
  /** False once the stream was taken from it: then nothing more is taken. */
  readonly isHeld: boolean;
  /** Takes the next bytes, as `Source.bytes` does. */
  bytes(bytes: Uint8Array): Promise<void> | undefined;
  /** The file is over. Resolves, never rejects, to whether it was heard to its end; `onEnd` was called when it was not. */
  end(): Promise<boolean>;
  /** The source is gone and may return. */
  drop(): void;
}

export interface IncomingFiles {
  /** Throws AUDIO_UNSUPPORTED for a content type of which nothing is made here. */
  kindOf(contentType: string | undefined): FileKind;
  /** Lets a source broadcast, as `Ingest.open` does. Throws ALREADY_BROADCASTING, LIMIT_REACHED. */
  open(stream: OnAirStream, kind: FileKind, onEnd: (failure: Failure) => void): Promise<IncomingFile>;
}

const withoutFfmpeg =
  "this sound cannot be read: send MP3, Ogg Opus or WebM Opus; with ffmpeg on its PATH the service takes AAC, FLAC, WAV and Vorbis, too";

/** Files of sound as they come: what is not read here goes through ffmpeg where there is one. */
export function createIncomingFiles(needs: { ingest: Ingest; transcoder: Transcoder }): IncomingFiles {
  const { ingest, transcoder } = needs;

  return {
    kindOf(contentType) {
      const container = containerOf(contentType);
      if (container !== undefined) return container;
      if (!transcoder.isThere) throw audioUnsupported(withoutFfmpeg);
      if (!isForeignType(contentType)) throw audioUnsupported();
      return "foreign";
    },

    async open(stream, kind, onEnd) {
      let transcoding: Transcoding | undefined;
      /** What came of the file while it is not known what it is. */
      let begin: Uint8Array | undefined = new Uint8Array();
      const done = Promise.withResolvers<boolean>();
      // What ffmpeg makes of a file is Ogg, whatever the file was.
      const source: Source = await ingest.open(stream, { container: kind === "foreign" ? "ogg" : kind }, stopped);

      function stopped(failure: Failure): void {
        drop();
        onEnd(failure);
      }
      function drop(): void {
        transcoding?.[Symbol.dispose]();
        source.drop();
        done.resolve(false);
      }
      function startTranscoding(): Transcoding {
        begin = undefined;
        return transcoder.open({ bytes: (bytes) => source.bytes(bytes), ended });
      }
      function ended(how: TranscodingEnd): void {
        if (how === "heard" && isOver) {
          source.drop();
          done.resolve(true);
        } else stopped(failureOf(how));
      }
      function failureOf(how: TranscodingEnd): Failure {
        if (how === "unreadable") return source.unreadable("ffmpeg found no sound in it that it can read");
        if (how === "heard") return broadcastOver();
        if (how !== "broken" && how.error instanceof Failure) return how.error;
        return new Failure(Reason.UNAVAILABLE, { sentence: "the sound could not be converted: connect again" });
      }
      function look(bytes: Uint8Array): Promise<void> | undefined {
        const all = Buffer.concat([begin ?? new Uint8Array(), bytes]);
        const isForeign = isForeignSound(all);
        begin = isForeign === undefined ? all : undefined;
        if (isForeign === undefined) return undefined;
        if (!isForeign) return source.bytes(all);
        if (!transcoder.isThere) throw source.unreadable(withoutFfmpeg);
        transcoding = startTranscoding();
        return transcoding.push(all);
      }
      let isOver = false;

      if (kind === "foreign") {
        try {
          transcoding = startTranscoding();
        } catch (error) {
          source.drop();
          throw error;
        }
      }
      return {
        get isHeld() {
          return source.isHeld;
        },
        bytes(bytes) {
          if (begin !== undefined) return look(bytes);
          if (transcoding === undefined) return source.bytes(bytes);
          if (!source.isHeld) throw broadcastOver();
          return transcoding.push(bytes);
        },
        end() {
          isOver = true;
          if (transcoding !== undefined && source.isHeld) transcoding.finish();
          else {
            source.drop();
            done.resolve(true);
          }
          return done.promise;
        },
        drop,
      };
    },
  };
}
