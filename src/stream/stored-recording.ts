import { RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import { type InstanceId, newId } from "../platform/ids.ts";
import type { RecordingFile } from "./live-port.ts";
import type { StoredRecording } from "./store/recording-store.ts";
import type { StoredStream } from "./store/stream-store.ts";

/** One that begins at an instance. Without a title it has the stream's. */
export function newRecording(
  stream: StoredStream,
  title: string,
  quality: StoredRecording["quality"],
  at: number,
  instance: InstanceId,
): StoredRecording {
  return {
    id: newId(),
    streamId: stream.id,
    streamerId: stream.streamerId,
    title: title === "" ? stream.title : title,
    quality,
    status: RecordingStatus.RECORDING,
    fileName: undefined,
    contentType: "",
    bytes: 0,
    durationMs: 0,
    peaks: [],
    startedAt: at,
    endedAt: undefined,
    error: "",
    instance,
    folder: "",
  };
}

/** Whether its file is not closed yet. */
export function isOpen({ status }: StoredRecording): boolean {
  return status === RecordingStatus.RECORDING || status === RecordingStatus.PROCESSING;
}

/** Its file; undefined until that is begun. */
export function fileOf({
  fileName,
  contentType,
  quality,
}: Pick<StoredRecording, "fileName" | "contentType" | "quality">): RecordingFile | undefined {
  return fileName === undefined ? undefined : { fileName, contentType, quality };
}

/** What is stored of a file; nothing of one that was never begun. */
export function fileColumns(file: RecordingFile | undefined): Partial<RecordingFile> {
  return file === undefined ? {} : { fileName: file.fileName, contentType: file.contentType, quality: file.quality };
}
