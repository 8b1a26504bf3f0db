import { type FileHandle, open } from "node:fs/promises";
import { isMissing } from "../../platform/files/missing.ts";
import { piecesOf } from "../../platform/files/pieces.ts";
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
  await using file = await openFile(files.pathOf(recording.file));
  const { size } = await file.stat();
  await sendFile(
    exchange,
    { size, read: (from, to) => piecesOf(file, from, to) },
    {
      // A recording never changes once it can be played.
      etag: `"${recording.id}-${size}"`,
      "content-type": recording.file.contentType,
      "cache-control": isPublic ? "public, max-age=3600" : "private, max-age=3600",
      "content-disposition": `inline; filename="${recording.file.fileName}"`,
      "x-content-type-options": "nosniff",
      ...recordingCors,
    },
  );
}

/** For players on other sites. */
export const recordingCors = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "accept-ranges, content-length, content-range, etag",
} as const;

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (isMissing(error)) throw recordingNotFound();
    throw error;
  }
}
