import { isUtf8 } from "node:buffer";
import { open } from "node:fs/promises";
import { fileTypeFromBuffer } from "file-type";
import { MessageType } from "#gen/veza/chat/v1/message_pb.ts";

/** So much of a file says what it is. */
const lookedAtBytes = 4100;

/** What browsers show or play by themselves without running anything that is in it. Everything else is downloaded. */
const shownInline = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
  "audio/mpeg",
  "audio/ogg",
  "audio/wav",
  "audio/flac",
  "audio/aac",
  "audio/mp4",
  "audio/x-m4a",
  "audio/webm",
  "video/mp4",
  "video/webm",
  "video/ogg",
]);

export function isShownInline(contentType: string): boolean {
  return shownInline.has(contentType);
}

/** What a file on this machine is, by its first bytes alone: nobody's word is taken for it. */
export async function contentTypeOf(path: string): Promise<string> {
  await using file = await open(path, "r");
  const { buffer, bytesRead } = await file.read(Buffer.alloc(lookedAtBytes), 0, lookedAtBytes, 0);
  return contentTypeIn(buffer.subarray(0, bytesRead));
}

async function contentTypeIn(start: Buffer): Promise<string> {
  const found = (await fileTypeFromBuffer(start))?.mime.split(";", 1)[0];
  // The container is the same for both; a sound recorded in a browser comes in it.
  if (found === "video/webm" && !holdsTrack(start, "V_") && holdsTrack(start, "A_")) return "audio/webm";
  if (found !== undefined) return found;
  return isText(start) ? "text/plain" : "application/octet-stream";
}

/** Matroska's element CodecID, of which the track's kind is the beginning. */
function holdsTrack(start: Buffer, codecPrefix: string): boolean {
  for (let at = start.indexOf(0x86); at !== -1; at = start.indexOf(0x86, at + 1)) {
    if (start.toString("latin1", at + 2, at + 4) === codecPrefix) return true;
  }
  return false;
}

/** The last character may be cut in half. */
function isText(start: Buffer): boolean {
  if (start.length === 0 || start.includes(0)) return false;
  const cut = start.length < lookedAtBytes ? [0] : [0, 1, 2, 3];
  return cut.some((bytes) => isUtf8(start.subarray(0, start.length - bytes)));
}

const families: Readonly<Record<string, MessageType>> = {
  image: MessageType.IMAGE,
  audio: MessageType.AUDIO,
  video: MessageType.VIDEO,
};

function messageTypeOf(contentType: string): MessageType {
  return families[contentType.split("/", 1)[0] ?? ""] ?? MessageType.FILE;
}

/** What a message with files of these types holds, when its sender does not say. */
export function messageTypeFor(contentTypes: readonly string[]): MessageType {
  const types = new Set(contentTypes.map(messageTypeOf));
  const [only] = types;
  return types.size === 1 && only !== undefined ? only : MessageType.FILE;
}

/** Whether a message that holds files of these types may say that it is of this type. */
export function fitsMessageType(type: MessageType, contentTypes: readonly string[]): boolean {
  return !Object.values(families).includes(type) || contentTypes.every((each) => messageTypeOf(each) === type);
}
