import { AudioFormatError } from "./errors.ts";
import { createMp3Frames } from "./mp3/frames.ts";
import { createOggDemuxer } from "./ogg/demux.ts";
import { packetSamples } from "./opus/toc.ts";
import type { SourceFaults, SourceSink } from "./source.ts";
import { createTimeline } from "./timeline.ts";
import { createWebmDemuxer } from "./webm/demux.ts";

/** `any`: whichever of the three the first bytes say it is. */
export type ContainerKind = "mp3" | "ogg" | "webm" | "any";

/** Turns the bytes that a source sends into whole units. */
export interface SourceReader {
  readonly faults: Readonly<SourceFaults>;
  /** The next bytes of the file, cut anywhere. Throws `AudioFormatError` when there is no going on. */
  push(bytes: Uint8Array): void;
}

/** A packet as its publisher numbers it. */
export interface PublishedPacket {
  readonly sequence: number;
  /** In samples of 48 kHz; the same in every packet when the publisher does not say. */
  readonly pts: number;
  readonly data: Uint8Array;
}

/** Turns Opus packets that a source sends one by one into units. */
export interface PacketReader {
  readonly faults: Readonly<SourceFaults>;
  /** False for a packet that is dropped since it came too late or twice, or is no Opus. Never throws. */
  push(packet: PublishedPacket): boolean;
}

/** Those who number their packets know what they lost: half a packet says so. */
const shortestLoss = 480;

const noFaults = (): SourceFaults => ({ skippedBytes: 0, damaged: 0, late: 0, lostSamples: 0 });

export function createSourceReader(kind: ContainerKind, sink: SourceSink): SourceReader {
  const faults = noFaults();
  let read: Read = kind === "any" ? sniffing(sink, faults) : reading(kind, sink, faults);
  return {
    faults,
    push(bytes) {
      try {
        read(bytes);
      } catch (error) {
        read = () => {
          throw error;
        };
        throw error;
      }
    },
  };
}

type Read = (bytes: Uint8Array) => void;

function reading(kind: Exclude<ContainerKind, "any">, sink: SourceSink, faults: SourceFaults): Read {
  if (kind === "mp3") return createMp3Frames(sink, faults);
  return kind === "ogg" ? createOggDemuxer(sink, faults) : createWebmDemuxer(sink, faults);
}

/** Who sends a file sends it from its beginning, so that its first four bytes say what it is. */
function sniffing(sink: SourceSink, faults: SourceFaults): Read {
  let begin: number[] = [];
  let read: Read | undefined;
  return (bytes) => {
    if (read !== undefined) return read(bytes);
    const missing = 4 - begin.length;
    begin = [...begin, ...bytes.subarray(0, missing)];
    if (begin.length < 4) return;
    read = reading(kindOf(begin), sink, faults);
    read(Uint8Array.from(begin));
    read(bytes.subarray(missing));
  };
}

/** Throws `AudioFormatError` for what is none of the three. */
function kindOf(begin: readonly number[]): Exclude<ContainerKind, "any"> {
  const word = String.fromCharCode(...begin);
  const [first, second = 0] = begin;
  if (word === "OggS") return "ogg";
  if (word === "\x1a\x45\xdf\xa3") return "webm";
  if (word.startsWith("ID3")) return "mp3";
  if (first === 0xff && (second & 0xf6) === 0xf0) throw new AudioFormatError("unsupported_codec", "AAC");
  if (first === 0xff && second >= 0xe0) return "mp3";
  if (word === "fLaC" || word === "RIFF") throw new AudioFormatError("unsupported_codec", word);
  throw new AudioFormatError("not_audio", "neither Ogg, WebM nor MP3");
}

export function createPacketReader(channels: 1 | 2, sink: SourceSink): PacketReader {
  const faults = noFaults();
  const timeline = createTimeline(faults, shortestLoss);
  let last: { readonly sequence: number; readonly pts: number; readonly samples: number } | undefined;

  /** Where a packet stands in time: by its pts when those move, else by how many are missing between. */
  function timeOf({ sequence, pts }: PublishedPacket, end: number): number {
    if (last === undefined) return pts;
    if (pts > last.pts) return pts;
    return end + (sequence - last.sequence - 1) * last.samples;
  }
  let end = 0;

  return {
    faults,
    push(packet) {
      const samples = packetSamples(packet.data);
      if (samples === undefined) faults.damaged += 1;
      else if (last !== undefined && packet.sequence <= last.sequence) faults.late += 1;
      if (samples === undefined || (last !== undefined && packet.sequence <= last.sequence)) return false;
      if (last === undefined) sink.format({ codec: "opus", sampleRate: 48_000, channels, bitrate: 0, gain: 0 });
      const time = timeOf(packet, end);
      const lost = timeline.lostBefore(time);
      timeline.played(samples);
      end = Math.max(end, time) + samples;
      last = { sequence: packet.sequence, pts: packet.pts, samples };
      sink.unit({ data: packet.data.slice(), samples, lost });
      return true;
    },
  };
}
