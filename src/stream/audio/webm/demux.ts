import { bounds } from "../bounds.ts";
import { type ByteQueue, createByteQueue } from "../byte-queue.ts";
import { AudioFormatError } from "../errors.ts";
import { packetSamples } from "../opus/toc.ts";
import type { SourceFaults, SourceSink } from "../source.ts";
import { createTimeline } from "../timeline.ts";
import { readBlock } from "./block.ts";
import { readUint, readVint, vintLength } from "./ebml.ts";
import { id, passedOver } from "./ids.ts";
import { readInfo, readTags, readTracks, type Track } from "./metadata.ts";

/** Those whose content is read as what follows: that their end is not known does not matter then. */
const entered: ReadonlySet<number> = new Set([id.segment, id.cluster, id.blockGroup]);
const read: ReadonlySet<number> = new Set([
  id.ebml,
  id.info,
  id.tracks,
  id.tags,
  id.timestamp,
  id.simpleBlock,
  id.block,
]);

/** Reads the Opus track of a WebM as it comes, as MediaRecorder makes it: sizes may be unknown, files may follow one another. */
export function createWebmDemuxer(sink: SourceSink, faults: SourceFaults): (bytes: Uint8Array) => void {
  const queue = createByteQueue();
  let timestampScale = 1_000_000;
  let track: Track | undefined;
  let told: Track | undefined;
  let clusterTime = 0;
  let timeline = createTimeline(faults);
  /** Of an element that is passed over: what is still to come of it. */
  let passing = 0;
  let lost = false;
  let useless = 0;

  function take(element: number, data: Uint8Array): void {
    if (element === id.ebml) {
      track = undefined;
      timeline = createTimeline(faults);
    } else if (element === id.info) {
      const info = readInfo(data);
      timestampScale = info.timestampScale;
      if (info.title.title !== undefined) sink.title(info.title);
    } else if (element === id.tags) {
      const title = readTags(data);
      if (Object.keys(title).length > 0) sink.title(title);
    } else if (element === id.tracks) begin(readTracks(data));
    else if (element === id.timestamp) clusterTime = readUint(data);
    else sound(data);
  }

  function begin(found: Track): void {
    track = found;
    if (told?.channels === found.channels && told.gain === found.gain) return;
    told = found;
    sink.format({ codec: "opus", sampleRate: 48_000, channels: found.channels, bitrate: 0, gain: found.gain });
  }

  function sound(data: Uint8Array): void {
    if (track === undefined) return;
    const block = readBlock(data);
    if (block === undefined) {
      faults.damaged += 1;
      return;
    }
    if (block.track !== track.number) return;
    const time = ((clusterTime + block.time) * timestampScale * 48_000) / 1e9;
    let missing = timeline.lostBefore(Math.round(time));
    for (const frame of block.frames) {
      const samples = packetSamples(frame);
      if (samples === undefined) {
        faults.damaged += 1;
        continue;
      }
      useless = 0;
      timeline.played(samples);
      sink.unit({ data: frame.slice(), samples, lost: missing });
      missing = 0;
    }
  }

  /** Does one step; false when more must come first. */
  function step(): boolean {
    if (passing > 0) {
      const count = Math.min(passing, queue.length);
      queue.skip(count);
      passing -= count;
      return count > 0;
    }
    if (lost) {
      const found = toCluster(queue);
      faults.skippedBytes += found.skipped;
      lost = !found.there;
      return found.there;
    }
    const head = readHead(queue);
    if (head === undefined) return false;
    if (head === "wrong" || !fits(head, track)) {
      queue.skip(1);
      faults.skippedBytes += 1;
      faults.damaged += 1;
      lost = true;
      return true;
    }
    if (entered.has(head.element)) queue.skip(head.length);
    else if (read.has(head.element) && head.size <= bounds.elementBytes) {
      if (queue.length < head.length + head.size) return false;
      queue.skip(head.length);
      take(head.element, queue.take(head.size));
    } else {
      queue.skip(head.length);
      passing = head.size;
    }
    return true;
  }

  return (bytes) => {
    queue.add(bytes);
    useless += bytes.length;
    while (step());
    if (track === undefined && useless > bounds.searchBytes)
      throw new AudioFormatError("not_audio", "no WebM was found");
    if (useless > bounds.lostBytes) throw new AudioFormatError("damaged", "no sound in WebM for too long");
  };
}

interface Head {
  readonly element: number;
  readonly size: number;
  readonly length: number;
}

function fits({ element, size }: Head, track: Track | undefined): boolean {
  if (entered.has(element)) return true;
  if (!read.has(element) && !passedOver.has(element)) return false;
  // Those of clusters have short ids.
  if (element > 0xffff) return size <= bounds.passedOverBytes;
  return size <= (track?.alone === false ? bounds.pictureBytes : bounds.soundBytes);
}

function readHead(queue: ByteQueue): Head | "wrong" | undefined {
  const first = queue.at(0);
  if (first === undefined) return undefined;
  const idLength = vintLength(first);
  if (idLength > 4) return "wrong";
  const sizeFirst = queue.at(idLength);
  if (sizeFirst === undefined) return undefined;
  if (vintLength(sizeFirst) > 8) return "wrong";
  const view = queue.view(0, idLength + 8);
  const size = readVint(view, idLength);
  if (size === undefined) return undefined;
  return { element: readUint(view.subarray(0, idLength)), size: size.value, length: idLength + size.length };
}

/** Skips to where a cluster or a new file may begin. */
function toCluster(queue: ByteQueue): { there: boolean; skipped: number } {
  const view = queue.view(0, queue.length);
  for (let at = 0; at + 4 <= view.length; at += 1) {
    if (view[at] !== 0x1f && view[at] !== 0x1a) continue;
    const element = readUint(view.subarray(at, at + 4));
    if (element !== id.cluster && element !== id.ebml) continue;
    queue.skip(at);
    return { there: true, skipped: at };
  }
  const skipped = Math.max(view.length - 3, 0);
  queue.skip(skipped);
  return { there: false, skipped };
}
