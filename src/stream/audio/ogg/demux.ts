import { bounds } from "../bounds.ts";
import { createByteQueue } from "../byte-queue.ts";
import { AudioFormatError } from "../errors.ts";
import { isOpusHead, type OpusHead, readOpusHead } from "../opus/head.ts";
import { isOpusTags, readOpusTags } from "../opus/tags.ts";
import { packetSamples } from "../opus/toc.ts";
import type { SourceFaults, SourceSink } from "../source.ts";
import { createTimeline } from "../timeline.ts";
import { type Page, readPage } from "./page.ts";

/** Reads Ogg Opus as it comes (RFC 7845): one logical stream of several, or one chained to another. */
export function createOggDemuxer(sink: SourceSink, faults: SourceFaults): (bytes: Uint8Array) => void {
  const queue = createByteQueue();
  /** The logical stream that is read. */
  let stream: { readonly serial: number; number: number; headers: number } | undefined;
  let timeline = createTimeline(faults);
  /** The beginning of a packet that goes on in the next page. */
  let begun: Uint8Array[] = [];
  let told: OpusHead | undefined;
  /** What another logical stream holds, while there is none of Opus. */
  let foreign: string | undefined;
  /** Bytes since the last page that was of use. */
  let useless = 0;
  let falsePages = 0;

  function begin(page: Page, head: OpusHead): void {
    if (!head.plain) throw new AudioFormatError("unsupported_channels", `Opus with ${head.channels} channels`);
    stream = { serial: page.serial, number: page.number, headers: 1 };
    timeline = createTimeline(faults);
    begun = [];
    if (told?.channels === head.channels && told.gain === head.gain) return;
    told = head;
    sink.format({
      codec: "opus",
      sampleRate: 48_000,
      channels: head.channels === 1 ? 1 : 2,
      bitrate: 0,
      gain: head.gain,
    });
  }

  function beginning(page: Page): void {
    const first = page.packets[0]?.data ?? new Uint8Array();
    const head = isOpusHead(first) ? readOpusHead(first) : undefined;
    if (head !== undefined) return begin(page, head);
    if (isOpusHead(first)) faults.damaged += 1;
    foreign = codecName(first);
  }

  function take(page: Page): void {
    if (page.first) return beginning(page);
    if (stream === undefined && foreign !== undefined)
      throw new AudioFormatError("unsupported_codec", `Ogg with ${foreign}`);
    if (stream === undefined || page.serial !== stream.serial) return;
    useless = 0;
    const follows = page.number === (stream.number + 1) >>> 0;
    stream.number = page.number;
    if (begun.length > 0 && !(follows && page.continued)) {
      faults.damaged += 1;
      begun = [];
    }
    units(page, whole(page));
    // What is chained to it may be anything.
    if (page.last) foreign = stream = undefined;
  }

  function wrong(skipped: number, damaged: boolean): void {
    faults.skippedBytes += skipped;
    if (!damaged) return;
    faults.damaged += 1;
    falsePages += 1;
    if (falsePages >= bounds.falsePages) throw new AudioFormatError("damaged", "too many damaged pages of Ogg");
  }

  /** The packets that end in this page. */
  function whole(page: Page): Uint8Array[] {
    const complete: Uint8Array[] = [];
    for (const [at, { data, ends }] of page.packets.entries()) {
      if (at === 0 && page.continued && begun.length === 0) {
        // The end of a packet whose beginning was lost.
        if (ends && stream?.headers === 1) stream.headers = 2;
        continue;
      }
      if (!ends) {
        // Only tags with a picture in them are as long as that, and of those the beginning is enough.
        if (begun.reduce((sum, { length }) => sum + length, 0) < bounds.elementBytes) begun.push(data);
        continue;
      }
      complete.push(begun.length > 0 ? Buffer.concat([...begun, data]) : data);
      begun = [];
    }
    return complete;
  }

  function units(page: Page, packets: readonly Uint8Array[]): void {
    const sound: { data: Uint8Array; samples: number }[] = [];
    for (const data of packets) {
      if (stream?.headers === 1) {
        stream.headers = 2;
        if (isOpusTags(data)) {
          const title = readOpusTags(data);
          if (Object.keys(title).length > 0) sink.title(title);
          continue;
        }
      }
      const samples = packetSamples(data);
      if (samples === undefined) faults.damaged += 1;
      else sound.push({ data, samples });
    }
    const length = sound.reduce((sum, { samples }) => sum + samples, 0);
    // A last page may end before its packets do, which says nothing of what came before.
    const timed = page.granule !== undefined && !page.last && length > 0;
    let lost = timed ? timeline.lostBefore((page.granule as number) - length) : 0;
    for (const { data, samples } of sound) {
      sink.unit({ data: data.slice(), samples, lost });
      lost = 0;
    }
    timeline.played(length);
  }

  return (bytes) => {
    queue.add(bytes);
    useless += bytes.length;
    for (;;) {
      const page = readPage(queue, wrong);
      if (page === undefined) break;
      falsePages = 0;
      take(page);
    }
    if (told === undefined && useless > bounds.searchBytes)
      throw new AudioFormatError("not_audio", "no Ogg Opus was found");
    if (useless > bounds.lostBytes) throw new AudioFormatError("damaged", "no Ogg Opus page for too long");
  };
}

function codecName(first: Uint8Array): string {
  const name = Buffer.from(first.subarray(0, 16)).toString("latin1");
  for (const known of ["vorbis", "FLAC", "Speex", "theora", "fishead"]) if (name.includes(known)) return known;
  return "an unknown codec";
}
