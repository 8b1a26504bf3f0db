import type { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import type { StreamCategory } from "#gen/veza/stream/v1/stream_pb.ts";
import type { InstanceId, ListenerId, RecordingId, RoomId, StreamId, UserId } from "../../platform/ids.ts";
import type { Metadata, Sound, WantedQuality } from "../live-port.ts";
import type { Visibility } from "../permissions.ts";
import { silence } from "../silence.ts";
import type { Status } from "../states.ts";
import type { ListenersTable, RecordingsTable, StreamsTable } from "../tables.ts";
import type { StoredListener } from "./listener-store.ts";
import type { StoredRecording } from "./recording-store.ts";
import type { StoredStream } from "./stream-store.ts";

/** What rows mean. Ids get their types here, flags become booleans, JSON becomes values, null becomes undefined. */

export function streamOf(row: StreamsTable): StoredStream {
  return {
    id: row.id as StreamId,
    title: row.title,
    description: row.description,
    category: row.category as StreamCategory,
    visibility: row.visibility as Visibility,
    defaultQuality: row.default_quality as WantedQuality,
    streamerId: String(row.streamer_id) as UserId,
    streamerUsername: row.streamer_username,
    status: row.status as Status,
    error: row.error,
    roomId: (row.room_id ?? undefined) as RoomId | undefined,
    ownsRoom: row.owns_room !== 0,
    awaitsSource: row.awaits_source !== 0,
    createdAt: Number(row.created_at),
    startedAt: optional(row.started_at),
    endedAt: optional(row.ended_at),
    metadata: JSON.parse(row.metadata) as Metadata,
    keyHash: row.key_hash,
    volume: row.volume,
    listenerCount: row.listener_count,
    totalListeners: row.total_listeners,
    recordingId: (row.recording_id ?? undefined) as RecordingId | undefined,
    summary: row.summary ?? undefined,
    headSequence: Number(row.head_sequence),
    floorSequence: Number(row.floor_sequence),
    isDeleted: row.deleted_at !== null,
    home: { instance: row.home as InstanceId, epoch: row.home_epoch },
    sound: row.sound === "" ? silence : (JSON.parse(row.sound) as Sound),
  };
}

export function listenerOf(row: ListenersTable): StoredListener {
  return {
    id: row.id as ListenerId,
    streamId: row.stream_id as StreamId,
    userId: String(row.user_id) as UserId,
    username: row.username,
    person: row.person,
    country: row.country,
    streamTitle: row.stream_title,
    preferredQuality: row.preferred_quality as WantedQuality,
    actualQuality: row.actual_quality as WantedQuality,
    joinedAt: Number(row.joined_at),
    leftAt: optional(row.left_at),
    seenAt: Number(row.seen_at),
    idleSince: optional(row.idle_since),
    listenMs: Number(row.listen_ms),
    volume: row.volume,
    leavesWithCall: row.leaves_with_call !== 0,
    instance: row.instance as InstanceId,
  };
}

export function recordingOf(row: RecordingsTable): StoredRecording {
  return {
    id: row.id as RecordingId,
    streamId: row.stream_id as StreamId,
    streamerId: String(row.streamer_id) as UserId,
    title: row.title,
    quality: row.quality as AudioQuality as WantedQuality,
    status: row.status as RecordingStatus,
    fileName: row.file_name ?? undefined,
    contentType: row.content_type,
    bytes: Number(row.bytes),
    durationMs: Number(row.duration_ms),
    peaks: JSON.parse(row.peaks) as number[],
    startedAt: Number(row.started_at),
    endedAt: optional(row.ended_at),
    error: row.error,
    instance: row.instance as InstanceId,
    folder: row.folder,
  };
}

function optional(value: number | null): number | undefined {
  return value === null ? undefined : Number(value);
}
