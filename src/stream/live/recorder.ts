import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { Log } from "../../platform/log.ts";
import { createOggMuxer, createPeaks, type Rendition as LadderRendition, type Muxer } from "../audio/index.ts";
import { qualityUnavailable } from "../errors.ts";
import type { RecordingFile, RecordingOrder, RecordingProgress, RecordingResult } from "../live-port.ts";
import { type AppendFile, createAppendFile } from "./append-file.ts";
import type { Audience } from "./audience.ts";
import type { Channel, HeardPacket } from "./channel.ts";
import type { OnAir } from "./on-air.ts";
import { fileOf, type RecordingFiles, type RecordingForm } from "./recording-files.ts";
import { mp3Rendition, opusRendition } from "./renditions.ts";

/** Sound that is gathered before it is written: 48 kHz samples. What comes slower is written with the next tick. */
const gatheredSamples = 80 * 48;
/** Packets in one page, at most. Pages are numbered by their first packet, so each begins at a multiple of this. */
const packetsPerPage = 5;

/**
 * Keeps a stream as it sounds, in a file that only grows. Sound follows sound: pauses and sources that dropped take no
 * room in it. A source in MP3 is kept as it is, everything else as Opus in Ogg.
 */
export class Recorder implements Audience {
  readonly via = "recording";
  readonly quality = undefined;
  readonly bufferHealth = undefined;
  readonly order: RecordingOrder;
  readonly #air: OnAir;
  readonly #files: RecordingFiles;
  readonly #log: Log;
  readonly #onFailed: (recorder: Recorder) => void;
  readonly #peaks = createPeaks();
  readonly #levels: Disposable;
  #file: RecordingFile;
  #form: RecordingForm | undefined;
  #muxer: Muxer | undefined;
  #output: AppendFile | undefined;
  #channel: Channel | undefined;
  #listening: Disposable | undefined;
  #gathered: HeardPacket[] = [];
  #gatheredSamples = 0;
  #pages = 0;
  #writtenSamples = 0;
  #samples = 0;
  #error: string | undefined;
  #stopped: Promise<RecordingResult> | undefined;

  /** Throws QUALITY_UNAVAILABLE when the source cannot be made into the quality. */
  constructor(needs: {
    air: OnAir;
    order: RecordingOrder;
    files: RecordingFiles;
    log: Log;
    onFailed: (recorder: Recorder) => void;
  }) {
    const { air, order, files, log } = needs;
    this.order = order;
    this.#air = air;
    this.#files = files;
    this.#log = log;
    this.#onFailed = needs.onFailed;
    if (order.quality !== AudioQuality.AUTO && air.sound.hasSource && !air.can(opusRendition(order.quality))) {
      throw qualityUnavailable();
    }
    this.#file = fileOf(order.id, this.#formNow(), this.#qualityNow());
    this.#levels = air.onLevels((levels) => {
      for (const { peak } of levels) this.#peaks.add(peak);
    });
    air.audience.add(this);
    this.soundChanged();
  }

  get file(): RecordingFile {
    return this.#file;
  }

  get progress(): RecordingProgress {
    return { bytes: this.#output?.bytes ?? 0, durationMs: this.#samples / 48 };
  }

  tick(): void {
    this.#write();
  }
  paused(): void {
    this.#write();
  }
  resumed(): void {
    // Sound goes on where it stopped.
  }
  updated(): void {
    // A title changes nothing of the file.
  }

  soundChanged(): void {
    if (this.#stopped !== undefined || !this.#air.sound.hasSource) return;
    if (this.#channel !== undefined && this.#air.can(this.#channel.rendition)) return;
    this.#leave();
    const rendition = this.#renditionNow();
    if (rendition === undefined) return this.#fail("the source cannot be recorded");
    if (this.#form === undefined) {
      this.#form = this.#formNow();
      this.#file = fileOf(this.order.id, this.#form, this.#qualityNow());
      this.#output = createAppendFile(this.#files.pathOf(this.#file), (error) => {
        this.#log.error({ err: error, recording_id: this.order.id }, "writing a recording failed");
        this.#fail(error instanceof Error ? error.message : String(error));
      });
      if (this.#form === "ogg") {
        this.#muxer = createOggMuxer(Number.parseInt(this.order.id.slice(-8), 16));
        this.#output.add(this.#muxer.header);
      }
    }
    // What was sent before the recording began is not part of it.
    this.#channel = this.#air.tune(rendition, 0);
    this.#listening = this.#channel.onPackets((packets) => this.#take(packets));
  }

  ended(): void {
    // The live part stops its recordings itself, and tells the domain.
  }

  /** Closes the file. The same result for everyone who asks. */
  stop(): Promise<RecordingResult> {
    this.#stopped ??= this.#close();
    return this.#stopped;
  }

  async #close(): Promise<RecordingResult> {
    this.#air.audience.delete(this);
    this.#levels[Symbol.dispose]();
    this.#leave();
    this.#write();
    try {
      await this.#output?.close();
    } catch (error) {
      this.#error ??= error instanceof Error ? error.message : String(error);
    }
    return {
      error: this.#error,
      bytes: this.#output?.bytes ?? 0,
      durationMs: this.#samples / 48,
      peaks: this.#peaks.parts(),
      file: this.#output === undefined ? undefined : this.#file,
    };
  }

  #fail(message: string): void {
    if (this.#error !== undefined) return;
    this.#error = message;
    // Not inside of what failed: it may be in the middle of its work.
    queueMicrotask(() => this.#onFailed(this));
  }

  #take(packets: readonly HeardPacket[]): void {
    for (const packet of packets) {
      this.#gathered.push(packet);
      this.#gatheredSamples += packet.duration;
      this.#samples += packet.duration;
    }
    if (this.#gatheredSamples >= gatheredSamples) this.#write();
  }

  #write(): void {
    const packets = this.#gathered;
    if (packets.length === 0) return;
    this.#gathered = [];
    this.#gatheredSamples = 0;
    const parts = this.#muxer === undefined ? packets.map(({ data }) => data) : this.#pagesOf(this.#muxer, packets);
    this.#output?.add(parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts));
  }

  /** Whole pages, however few packets there are. Times are counted anew: the file has no holes and begins at zero. */
  #pagesOf(muxer: Muxer, packets: readonly HeardPacket[]): Uint8Array[] {
    const pages: Uint8Array[] = [];
    for (let from = 0; from < packets.length; from += packetsPerPage) {
      const page = packets.slice(from, from + packetsPerPage).map(({ duration, data }, at) => {
        const packet = { sequence: this.#pages * packetsPerPage + at, pts: this.#writtenSamples, duration, data };
        this.#writtenSamples += duration;
        return packet;
      });
      this.#pages += 1;
      for (const { bytes } of [...muxer.push(page), ...muxer.flush()]) pages.push(bytes);
    }
    return pages;
  }

  #leave(): void {
    this.#listening?.[Symbol.dispose]();
    if (this.#channel !== undefined) this.#air.release(this.#channel);
    this.#channel = undefined;
  }

  /** What is kept of the source of the moment, in the form that the file has. */
  #renditionNow(): LadderRendition | undefined {
    const { quality } = this.order;
    const form = this.#form ?? this.#formNow();
    const wished: LadderRendition[] =
      form === "mp3"
        ? ["mp3-source", mp3Rendition(AudioQuality.HIGH)]
        : quality === AudioQuality.AUTO
          ? ["opus-source", opusRendition(AudioQuality.ULTRA)]
          : [opusRendition(quality)];
    return wished.find((rendition) => this.#air.can(rendition));
  }

  #formNow(): RecordingForm {
    return this.order.quality === AudioQuality.AUTO && this.#air.format?.codec === "mp3" ? "mp3" : "ogg";
  }

  #qualityNow(): RecordingFile["quality"] {
    return this.order.quality === AudioQuality.AUTO ? (this.#air.sound.best ?? AudioQuality.AUTO) : this.order.quality;
  }
}
