import { bounds } from "../bounds.ts";
import { createByteQueue } from "../byte-queue.ts";
import { AudioFormatError } from "../errors.ts";
import type { SourceFaults, SourceSink } from "../source.ts";
import { agree, type FrameHeader, headerBytes, isFacts, readHeader } from "./header.ts";
import { readTag, tagHeadBytes, tagLength } from "./id3.ts";

/** Cuts MP3 into its frames as it comes. Tags and facts of files are taken out; what lies between frames is skipped. */
export function createMp3Frames(sink: SourceSink, faults: SourceFaults): (bytes: Uint8Array) => void {
  const queue = createByteQueue();
  /** The header of the last frame while frames follow one another; undefined while they are searched. */
  let last: FrameHeader | undefined;
  let told: FrameHeader | undefined;
  /** Of a tag that is passed over: what is still to come of it. */
  let passing = 0;
  /** Bytes skipped since the last frame. */
  let useless = 0;
  const at = (start: number) => (offset: number) => queue.at(start + offset);

  /** Does one step; false when more must come first. */
  function step(): boolean {
    if (passing > 0) {
      const count = Math.min(passing, queue.length);
      queue.skip(count);
      passing -= count;
      return count > 0;
    }
    if (queue.length < headerBytes) return false;
    if (queue.at(0) === 0x49 && queue.at(1) === 0x44 && queue.at(2) === 0x33) return tag();
    const header = readHeader(at(0));
    return header === undefined ? search() : frame(header);
  }

  function tag(): boolean {
    if (queue.length < tagHeadBytes) return false;
    const length = tagLength(queue.view(0, tagHeadBytes));
    if (length === undefined || length > bounds.passedOverBytes) return search();
    const read = Math.min(length, bounds.elementBytes);
    if (queue.length < read) return false;
    const title = readTag(queue.take(read));
    passing = length - read;
    if (Object.keys(title).length > 0) sink.title(title);
    return true;
  }

  function frame(header: FrameHeader): boolean {
    // A first frame is believed when another follows it, or it would be found in any noise.
    const sure = last !== undefined && agree(last, header);
    const needed = header.size + (sure ? 0 : headerBytes);
    if (queue.length < needed) return false;
    const next = sure ? header : readHeader(at(header.size));
    if (next === undefined || !agree(header, next)) return search();
    last = header;
    useless = 0;
    const data = queue.take(header.size);
    if (isFacts(data, header)) return true;
    if (told?.sampleRate !== header.sampleRate || told.channels !== header.channels) {
      told = header;
      sink.format({
        codec: "mp3",
        sampleRate: header.sampleRate,
        channels: header.channels,
        bitrate: header.bitrate,
        gain: 0,
      });
    }
    sink.unit({ data, samples: header.samples, lost: 0 });
    return true;
  }

  /** Goes on to the next byte that may begin a frame or a tag. */
  function search(): boolean {
    if (last !== undefined) faults.damaged += 1;
    last = undefined;
    const view = queue.view(1, queue.length);
    const found = view.findIndex((byte) => byte === 0xff || byte === 0x49);
    const skipped = found === -1 ? queue.length : found + 1;
    queue.skip(skipped);
    faults.skippedBytes += skipped;
    useless += skipped;
    return true;
  }

  return (bytes) => {
    queue.add(bytes);
    while (step());
    if (told === undefined && useless > bounds.searchBytes) throw new AudioFormatError("not_audio", "no MP3 was found");
    if (useless > bounds.lostBytes) throw new AudioFormatError("damaged", "no MP3 for too long");
  };
}
