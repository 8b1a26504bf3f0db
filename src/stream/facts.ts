import { create } from "@bufbuild/protobuf";
import type { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { Listener } from "#gen/veza/stream/v1/listener_pb.ts";
import type { Recording } from "#gen/veza/stream/v1/recording_pb.ts";
import {
  ListenerJoinedSchema,
  ListenerLeftSchema,
  MetadataUpdatedSchema,
  QualityChangedSchema,
  RecordingStartedSchema,
  RecordingStoppedSchema,
  StreamEndedSchema,
  StreamErrorSchema,
  StreamPausedSchema,
  StreamResumedSchema,
  StreamStartedSchema,
} from "#gen/veza/stream/v1/stream_event_pb.ts";
import type { Stream, StreamSummary } from "#gen/veza/stream/v1/stream_pb.ts";
import type { ListenerId } from "../platform/ids.ts";
import type { NewEvent } from "./events/event-log.ts";
import type { Metadata } from "./live-port.ts";
import { publicMetadata } from "./public-view.ts";

/** What can happen to a stream, as the payload of the event that tells of it. */
type Payload = NewEvent["payload"];

export function listenerJoined(listener: Listener): Payload {
  return ({ listenerCount }) => ({
    case: "listenerJoined",
    value: create(ListenerJoinedSchema, { listener, listenerCount }),
  });
}

export function listenerLeft(listener: Listener): Payload {
  return ({ listenerCount }) => ({
    case: "listenerLeft",
    value: create(ListenerLeftSchema, { listener, listenerCount }),
  });
}

/** `listenerId` is undefined when it is the stream's quality. */
export function qualityChanged(
  listenerId: ListenerId | undefined,
  previousQuality: AudioQuality,
  quality: AudioQuality,
): Payload {
  const value = { previousQuality, quality, ...(listenerId !== undefined && { listenerId }) };
  return () => ({ case: "qualityChanged", value: create(QualityChangedSchema, value) });
}

export function metadataUpdated(metadata: Metadata): Payload {
  return () => ({
    case: "metadataUpdated",
    value: create(MetadataUpdatedSchema, { metadata: publicMetadata(metadata) }),
  });
}

export function streamPaused(): Payload {
  return () => ({ case: "paused", value: create(StreamPausedSchema) });
}

export function streamResumed(): Payload {
  return () => ({ case: "resumed", value: create(StreamResumedSchema) });
}

export function streamStarted(stream: Stream): Payload {
  return () => ({ case: "started", value: create(StreamStartedSchema, { stream }) });
}

export function streamEnded(summary: StreamSummary): Payload {
  return () => ({ case: "ended", value: create(StreamEndedSchema, { summary }) });
}

export function streamFailed(reason: string, message: string, isFatal: boolean): Payload {
  return () => ({ case: "error", value: create(StreamErrorSchema, { reason, message, isFatal }) });
}

export function recordingStarted(recording: Recording): Payload {
  return () => ({ case: "recordingStarted", value: create(RecordingStartedSchema, { recording }) });
}

export function recordingStopped(recording: Recording): Payload {
  return () => ({ case: "recordingStopped", value: create(RecordingStoppedSchema, { recording }) });
}
