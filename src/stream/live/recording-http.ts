import type { HttpExchange } from "../../platform/http/http-exchange.ts";
import { sendFile } from "../../platform/http/send-file.ts";
import { recordingNotFound } from "../errors.ts";
import type { PlayableRecording } from "../live-port.ts";
import type { RecordingFiles } from "./recording-files.ts";

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
  await using file = await files.open(recording.file);
  if (file === undefined) throw recordingNotFound();
  await sendFile(exchange, file, {
    // Its bytes never change once it can be played; that it is there, and for whom, does: each use asks again.
    etag: `"${recording.id}-${file.size}"`,
    "content-type": recording.file.contentType,
    "cache-control": isPublic ? "public, no-cache" : "private, no-cache",
    "content-disposition": `inline; filename="${recording.file.fileName}"`,
    "x-content-type-options": "nosniff",
    ...recordingCors,
  });
}

/** For players on other sites. */
export const recordingCors = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "accept-ranges, content-length, content-range, etag",
} as const;
