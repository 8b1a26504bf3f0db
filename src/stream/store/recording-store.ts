import type { RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { RecordingId, StreamId, UserId } from "../../platform/ids.ts";
import type { WantedQuality } from "../live-port.ts";
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
  /** The newest first, from before one. */
  list(
    queries: Queries<StreamTables>,
    filter: RecordingFilter,
    page: { before: RecordingId | undefined; limit: number },
  ): Promise<StoredRecording[]>;
  /** Those that were begun and not ended. */
  open(queries: Queries<StreamTables>): Promise<StoredRecording[]>;
  /** Those of a stream that were begun since a time, the newest first. */
  startedSince(queries: Queries<StreamTables>, streamId: StreamId, at: number, limit: number): Promise<RecordingId[]>;
  markDeleted(tx: Queries<StreamTables>, recordingId: RecordingId, at: number): Promise<void>;
  beingDeleted(queries: Queries<StreamTables>): Promise<StoredRecording[]>;
  remove(tx: Queries<StreamTables>, recordingId: RecordingId): Promise<void>;
}
