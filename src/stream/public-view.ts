import { create, fromBinary } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Listener, ListenerSchema } from "#gen/veza/stream/v1/listener_pb.ts";
import { type Recording, RecordingSchema, RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import {
  type Stream,
  type StreamMetadata,
  StreamMetadataSchema,
  StreamSchema,
  type StreamSummary,
  StreamSummarySchema,
} from "#gen/veza/stream/v1/stream_pb.ts";
import type { Metadata, RecordingProgress, Sound } from "./live-port.ts";
import { isOnAir } from "./states.ts";
import type { StoredListener } from "./store/listener-store.ts";
import type { StoredRecording } from "./store/recording-store.ts";
import type { StoredStream } from "./store/stream-store.ts";

/** Streams, listeners and recordings in the words of the contract: what all who may hear a stream may see, and events hold. */

export function publicStream(stream: StoredStream, sound: Sound, now: number): Stream {
  const { startedAt, endedAt } = stream;
  return create(StreamSchema, {
    id: stream.id,
    title: stream.title,
    description: stream.description,
    category: stream.category,
    visibility: stream.visibility,
    streamerId: stream.streamerId,
    streamerUsername: stream.streamerUsername,
    status: stream.status,
    currentQuality: sound.best ?? stream.defaultQuality,
    listenerCount: stream.listenerCount,
    createdAt: timestampFromMs(stream.createdAt),
    ...(startedAt !== undefined && { startedAt: timestampFromMs(startedAt) }),
    duration: durationFromMs(airTimeOf(stream, now)),
    isRecording: stream.recordingId !== undefined,
    metadata: publicMetadata(stream.metadata),
    ...(stream.roomId !== undefined && { roomId: stream.roomId }),
    ...(endedAt !== undefined && { endedAt: timestampFromMs(endedAt) }),
    defaultQuality: stream.defaultQuality,
    availableQualities: [...sound.available],
    hasSource: sound.hasSource,
    totalListeners: stream.totalListeners,
    error: stream.error,
  });
}

/** How long a stream has been on air since it was last started, in milliseconds. */
function airTimeOf(stream: StoredStream, now: number): number {
  if (stream.startedAt === undefined) return 0;
  const until = isOnAir(stream.status) ? now : (stream.endedAt ?? stream.startedAt);
  return Math.max(0, until - stream.startedAt);
}

export function publicMetadata(metadata: Metadata): StreamMetadata {
  return create(StreamMetadataSchema, { ...metadata, customFields: { ...metadata.customFields } });
}

/** `listening` is undefined for who does not listen right now. */
export function publicListener(listener: StoredListener, listening?: { listenMs: number }): Listener {
  return create(ListenerSchema, {
    id: listener.id,
    streamId: listener.streamId,
    userId: listener.userId,
    username: listener.username,
    preferredQuality: listener.preferredQuality,
    actualQuality: listener.actualQuality,
    joinedAt: timestampFromMs(listener.joinedAt),
    listenDuration: durationFromMs(Math.round(listening?.listenMs ?? listener.listenMs)),
    isListening: listening !== undefined,
  });
}

/** `fileUrl` is where it is fetched from once it can be. */
export function publicRecording(recording: StoredRecording, fileUrl: string, progress?: RecordingProgress): Recording {
  const { status, endedAt } = recording;
  const isMade = status === RecordingStatus.COMPLETED || status === RecordingStatus.FAILED;
  return create(RecordingSchema, {
    id: recording.id,
    streamId: recording.streamId,
    streamerId: recording.streamerId,
    title: recording.title,
    quality: recording.quality,
    status,
    fileUrl: isMade && recording.fileName !== undefined ? fileUrl : "",
    fileSize: BigInt(progress?.bytes ?? recording.bytes),
    duration: durationFromMs(Math.round(progress?.durationMs ?? recording.durationMs)),
    peaks: [...recording.peaks],
    startedAt: timestampFromMs(recording.startedAt),
    ...(endedAt !== undefined && { endedAt: timestampFromMs(endedAt) }),
    contentType: recording.contentType,
    error: recording.error,
  });
}

/** What the last broadcast of a stream came to; undefined before one has ended. */
export function storedSummary(stream: StoredStream): StreamSummary | undefined {
  return stream.summary && fromBinary(StreamSummarySchema, stream.summary);
}
