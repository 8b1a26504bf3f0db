import { type FileHandle, open } from "node:fs/promises";
import type { HttpExchange } from "../../platform/http-exchange.ts";
import { limits } from "../../platform/limits.ts";
import { recordingNotFound } from "../errors.ts";
import type { PlayableRecording } from "../live-port.ts";
import { wantedRange } from "./ranges.ts";
import { isMissing, type RecordingFiles } from "./recording-files.ts";

/**
 * Sends a recording, or the part of it that is asked for. Resolves when it is sent or the reader has left. Throws
 * RECORDING_NOT_FOUND when its file is gone.
 */
export async function sendRecording(
  exchange: HttpExchange,
  recording: PlayableRecording,
  files: RecordingFiles,
  isPublic: boolean,
): Promise<void> {
  await using file = await openFile(files.pathOf(recording.file));
  const { size } = await file.stat();
  // A recording never changes once it can be played.
  const etag = `"${recording.id}-${size}"`;
  const headers = {
    "content-type": recording.file.contentType,
    "accept-ranges": "bytes",
    etag,
    "cache-control": isPublic ? "public, max-age=3600" : "private, max-age=3600",
    "content-disposition": `inline; filename="${recording.file.fileName}"`,
    "x-content-type-options": "nosniff",
    ...recordingCors,
  };
  if (exchange.header("if-none-match") === etag) {
    exchange.begin(304, headers, false);
    return exchange.end();
  }
  const ifRange = exchange.header("if-range");
  const range = ifRange !== undefined && ifRange !== etag ? "all" : wantedRange(exchange.header("range"), size);
  if (range === "unsatisfiable") {
    return exchange.respond(416, { ...headers, "content-range": `bytes */${size}` }, undefined);
  }
  const { from, to } = range === "all" ? { from: 0, to: size - 1 } : range;
  const length = { "content-length": String(to - from + 1) };
  if (range === "all") exchange.begin(200, { ...headers, ...length }, false);
  else exchange.begin(206, { ...headers, ...length, "content-range": `bytes ${from}-${to}/${size}` }, false);
  if (exchange.method !== "HEAD") await copy(file, from, to, exchange);
  exchange.end();
}

/** For players on other sites. */
export const recordingCors = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "accept-ranges, content-length, content-range, etag",
} as const;

async function copy(file: FileHandle, from: number, to: number, exchange: HttpExchange): Promise<void> {
  let wake: () => void = () => undefined;
  exchange.onDrain(() => wake());
  exchange.onClose(() => wake());
  let stalled: NodeJS.Timeout | undefined;
  for (let at = from; at <= to && !exchange.closed; ) {
    const length = Math.min(limits.live.filePieceBytes, to - at + 1);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
    if (bytesRead === 0) return exchange.reset();
    at += bytesRead;
    if (exchange.closed) return;
    const drained = new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (exchange.write(buffer.subarray(0, bytesRead))) continue;
    stalled = setTimeout(() => exchange.reset(), limits.port.stalledReaderMs).unref();
    await drained;
    clearTimeout(stalled);
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (isMissing(error)) throw recordingNotFound();
    throw error;
  }
}
