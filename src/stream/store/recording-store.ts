import type { RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { InstanceId, RecordingId, StreamId, UserId } from "../../platform/ids.ts";
import type { RecordingProgress, WantedQuality } from "../live-port.ts";
import type { StreamTables } from "../tables.ts";

/** A recording as it is stored. */
export interface StoredRecording {
  readonly id: RecordingId;
  readonly streamId: StreamId;
  /** "0" once the account is erased. */
  readonly streamerId: UserId;
  readonly title: string;
  readonly quality: WantedQuality;
  readonly status: RecordingStatus;
  /** Undefined until the file is begun. */
  readonly fileName: string | undefined;
  readonly contentType: string;
  readonly bytes: number;
  readonly durationMs: number;
  readonly peaks: readonly number[];
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly error: string;
  /** The instance that makes it, or closes it. */
  readonly instance: InstanceId;
  /** The folder that its file is in, by its id; empty when that is not known. */
  readonly folder: string;
}

/** Whose recordings a list holds. */
export interface RecordingFilter {
  /** Who asks: their own are listed whatever became of them. */
  readonly caller: UserId;
  readonly streamerId: UserId | undefined;
  /** Then those of this stream, whoever may hear it; the caller of the store has seen to that. */
  readonly streamId: StreamId | undefined;
  /** Also those of others that are not COMPLETED. */
  readonly all: boolean;
}

/** Recordings. Those that are being deleted are found by `beingDeleted` only. */
export interface RecordingStore {
  insert(tx: Queries<StreamTables>, recording: StoredRecording): Promise<void>;
  find(queries: Queries<StreamTables>, recordingId: RecordingId): Promise<StoredRecording | undefined>;
  update(
    tx: Queries<StreamTables>,
    recordingId: RecordingId,
    changes: Partial<Omit<StoredRecording, "id" | "streamId" | "startedAt">>,
  ): Promise<void>;
  /** Says how far one is that is being made. */
  progress(tx: Queries<StreamTables>, recordingId: RecordingId, progress: RecordingProgress): Promise<void>;
  /** The newest first, from before one. */
  list(
    queries: Queries<StreamTables>,
    filter: RecordingFilter,
    page: { before: RecordingId | undefined; limit: number },
  ): Promise<StoredRecording[]>;
  /** Those of a stream that were begun and not ended. */
  openOf(queries: Queries<StreamTables>, streamId: StreamId): Promise<StoredRecording[]>;
  /** Those that were begun and not ended by instances that are gone, with files in a folder or in none that is known. */
  orphans(queries: Queries<StreamTables>, folder: string): Promise<StoredRecording[]>;
  /** Takes one of them over, as PROCESSING; false when another was faster. */
  adopt(tx: Queries<StreamTables>, orphan: StoredRecording, instance: InstanceId): Promise<boolean>;
  /** Those that are over, and whose files are in a folder still. */
  unkept(queries: Queries<StreamTables>, folder: string): Promise<StoredRecording[]>;
  /** Those of a stream that were begun since a time, the newest first. */
  startedSince(queries: Queries<StreamTables>, streamId: StreamId, at: number, limit: number): Promise<RecordingId[]>;
  markDeleted(tx: Queries<StreamTables>, recordingId: RecordingId, at: number): Promise<void>;
  /** Those whose files are in a folder, or in none that is known. */
  beingDeleted(queries: Queries<StreamTables>, folder: string): Promise<StoredRecording[]>;
  remove(tx: Queries<StreamTables>, recordingId: RecordingId): Promise<void>;
}
