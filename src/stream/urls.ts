import type { RecordingId, StreamId } from "../platform/ids.ts";

/** Where things of a stream are reached over HTTP. */
export interface Urls {
  /** Where sources of the Icecast protocol send to, without the key. */
  ingest(streamId: StreamId): string[];
  /** Where it is heard: MP3, Ogg, WebM. */
  listen(streamId: StreamId): string[];
  recording(recordingId: RecordingId): string;
}

/** `publicUrl` answers what URLs start with, without a slash at the end. */
export function createUrls(publicUrl: () => string): Urls {
  return {
    ingest(streamId) {
      const url = `${publicUrl()}/live/${streamId}`;
      return [url.replace(/^https?:/, "icecast:"), url];
    },
    listen: (streamId) => ["mp3", "ogg", "webm"].map((form) => `${publicUrl()}/listen/${streamId}.${form}`),
    recording: (recordingId) => `${publicUrl()}/recordings/${recordingId}`,
  };
}
