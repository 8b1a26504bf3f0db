import type { StreamCategory, StreamSort } from "#gen/veza/stream/v1/stream_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { RecordingId, RoomId, StreamId, UserId } from "../../platform/ids.ts";
import type { Home, Metadata, Sound, WantedQuality } from "../live-port.ts";
import type { Visibility } from "../permissions.ts";
import type { Status } from "../states.ts";
import type { StreamTables } from "../tables.ts";

/** What its streamer chooses of a stream. */
export interface StreamSettings {
  readonly title: string;
  readonly description: string;
  readonly category: StreamCategory;
  readonly visibility: Visibility;
  readonly defaultQuality: WantedQuality;
  readonly roomId: RoomId | undefined;
  /** Whether the room was made with the stream, and goes with it. */
  readonly ownsRoom: boolean;
}

/** What changes as a stream goes on and off air. */
export interface StreamState {
  readonly status: Status;
  readonly error: string;
  /** Whether it ended only because no source was left: the next one takes it on air again. */
  readonly awaitsSource: boolean;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly metadata: Metadata;
  readonly volume: number;
  readonly recordingId: RecordingId | undefined;
  /** A `StreamSummary` in binary form; undefined before the first broadcast ended. */
  readonly summary: Uint8Array | undefined;
}

/** A stream as it is stored. */
export interface StoredStream extends StreamSettings, StreamState {
  readonly id: StreamId;
  /** "0" once the account is erased. */
  readonly streamerId: UserId;
  readonly streamerUsername: string;
  readonly createdAt: number;
  readonly keyHash: Uint8Array;
  readonly listenerCount: number;
  readonly totalListeners: number;
  readonly headSequence: number;
  readonly floorSequence: number;
  readonly isDeleted: boolean;
  readonly home: Home;
  /** What its home last stored of how it sounds; silence without one. */
  readonly sound: Sound;
}

export type NewStream = StreamSettings &
  Pick<StoredStream, "id" | "streamerId" | "streamerUsername" | "createdAt" | "keyHash">;

export type ActiveSort = (typeof StreamSort)["LISTENERS" | "RECENT" | "POPULAR" | "TITLE"];

/** Where a list of streams on air goes on: how the last one sorts, and its id. */
export interface ActivePlace {
  readonly by: string | number;
  readonly id: StreamId;
}

/** Streams. Those that were deleted are found by `find` only, and say so. */
export interface StreamStore {
  insert(tx: Queries<StreamTables>, stream: NewStream): Promise<void>;
  find(queries: Queries<StreamTables>, streamId: StreamId): Promise<StoredStream | undefined>;
  findSome(queries: Queries<StreamTables>, streamIds: readonly StreamId[]): Promise<StoredStream[]>;
  update(
    tx: Queries<StreamTables>,
    streamId: StreamId,
    changes: Partial<StreamSettings & StreamState & Pick<StoredStream, "keyHash">>,
  ): Promise<void>;
  /** Forgets where its source is, and what it sounds like: it is off air. */
  silence(tx: Queries<StreamTables>, streamId: StreamId): Promise<void>;
  /** Marks it as deleted and forgets its events and its key. */
  delete(tx: Queries<StreamTables>, streamId: StreamId, at: number): Promise<void>;
  countOf(queries: Queries<StreamTables>, streamerId: UserId): Promise<number>;
  /** A streamer's streams from before a stream, the newest first. */
  listOf(
    queries: Queries<StreamTables>,
    streamerId: UserId,
    page: { before: StreamId | undefined; limit: number },
  ): Promise<StoredStream[]>;
  /** The PUBLIC streams on air, in an order, after a place in it. */
  listActive(
    queries: Queries<StreamTables>,
    filter: { category: StreamCategory | undefined; sort: ActiveSort },
    page: { after: ActivePlace | undefined; limit: number },
  ): Promise<StoredStream[]>;
  countActive(queries: Queries<StreamTables>, category: StreamCategory | undefined): Promise<number>;
  /** Deleted streams that still have a room of their own. */
  deletedWithRoom(queries: Queries<StreamTables>): Promise<StoredStream[]>;
  /** How a stream sorts in an order. */
  placeOf(stream: StoredStream, sort: ActiveSort): ActivePlace;
}
