import { isOpusHead, readOpusHead } from "../audio/index.ts";

/** Content types of sound that is not read here, and that ffmpeg makes Opus of. */
const foreignTypes: ReadonlySet<string> = new Set([
  "audio/aac",
  "audio/aacp",
  "audio/x-aac",
  "audio/flac",
  "audio/x-flac",
  "audio/wav",
  "audio/wave",
  "audio/x-wav",
  "audio/vnd.wave",
  "audio/vorbis",
  "audio/mp4",
  "audio/x-m4a",
]);

export function isForeignType(contentType: string | undefined): boolean {
  const [type = ""] = (contentType ?? "").split(";", 1);
  return foreignTypes.has(type.trim().toLowerCase());
}

/** Of the head of a page of Ogg, without the table of its segments (RFC 3533 §6). */
const oggHeadBytes = 27;
/** Of the first packet, as many as the names of the codecs below take, or the head of Opus with its streams. */
const oggNameBytes = 8;
const opusHeadBytes = 21;
const foreignInOgg = ["\x01vorbis", "\x7fFLAC", "Speex   "];

/**
 * Whether a file that begins like this is sound that ffmpeg reads and we do not: AAC, FLAC, WAV, MP4, layers I and II of
 * MPEG, Ogg with Vorbis, FLAC, Speex or Opus of more than two channels. Undefined while there is too little of it to say.
 */
export function isForeignSound(begin: Uint8Array): boolean | undefined {
  if (begin.length < 8) return undefined;
  const text = (from: number, to: number) => Buffer.from(begin.subarray(from, to)).toString("latin1");
  const word = text(0, 4);
  if (word === "fLaC" || word === "RIFF" || text(4, 8) === "ftyp") return true;
  if (word === "OggS") {
    const at = oggHeadBytes + (begin[oggHeadBytes - 1] ?? 0);
    if (begin.length < at + oggNameBytes) return undefined;
    const head = begin.subarray(at, at + opusHeadBytes);
    if (isOpusHead(head)) return head.length < opusHeadBytes ? undefined : readOpusHead(head)?.plain === false;
    const name = text(at, at + oggNameBytes);
    return foreignInOgg.some((each) => name.startsWith(each));
  }
  const [first, second = 0] = begin;
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return false;
  // 0 is AAC, 1 is layer III, which is read here, 2 and 3 are layers II and I.
  return (second & 0x06) >> 1 !== 1;
}
