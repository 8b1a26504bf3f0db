import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { type StreamAnalytics, StreamAnalyticsSchema } from "#gen/veza/stream/v1/analytics_pb.ts";
import { type AudioMetrics, AudioMetricsSchema } from "#gen/veza/stream/v1/audio_pb.ts";
import { type ListeningSession, ListeningSessionSchema } from "#gen/veza/stream/v1/listener_pb.ts";
import type { StreamMetadata } from "#gen/veza/stream/v1/stream_pb.ts";
import type { StreamId } from "../../platform/ids.ts";
import type { LiveMetrics, Metadata } from "../live-port.ts";
import type { Numbers, TimeWindow } from "../numbers.ts";
import type { ListenedSession } from "../store/listener-store.ts";

/** Stream's values in the words of the contract, and back. */

export function metadataOf(message: StreamMetadata): Metadata {
  const { currentTrack, artist, album, genre, customFields } = message;
  return { currentTrack, artist, album, genre, customFields };
}

/** Shares are of what there was: a time without any has none. */
export function toAnalytics(streamId: StreamId, numbers: Numbers, window: TimeWindow): StreamAnalytics {
  const { uniqueListeners, maxConcurrent, listenMs, sessions } = numbers;
  return create(StreamAnalyticsSchema, {
    streamId,
    startAt: timestampFromMs(window.from),
    endAt: timestampFromMs(window.to),
    uniqueListeners,
    maxConcurrent,
    totalListenTime: duration(listenMs),
    // Nobody came: how long they stayed is not known.
    ...(sessions > 0 && { averageSessionDuration: duration(listenMs / sessions) }),
    qualityDistribution: numbers.qualities.map(({ quality, ms }) => ({
      quality,
      listenTime: duration(ms),
      share: listenMs === 0 ? 0 : ms / listenMs,
    })),
    locationDistribution: numbers.locations.map(({ location, listeners }) => ({
      location,
      listeners,
      share: listeners / uniqueListeners,
    })),
    hourlyActivity: numbers.hours.map(({ at, listeners, ms }) => ({
      hourAt: timestampFromMs(at),
      listeners,
      listenTime: duration(ms),
    })),
  });
}

export function toSession({ listener, streamerId, streamerUsername }: ListenedSession): ListeningSession {
  return create(ListeningSessionSchema, {
    listenerId: listener.id,
    streamId: listener.streamId,
    streamTitle: listener.streamTitle,
    streamerId,
    streamerUsername,
    joinedAt: timestampFromMs(listener.joinedAt),
    ...(listener.leftAt !== undefined && { leftAt: timestampFromMs(listener.leftAt) }),
    listenDuration: duration(listener.listenMs),
    quality: listener.actualQuality,
  });
}

/** `metrics` is undefined for a stream of which nothing is known. */
export function toMetrics(streamId: StreamId, metrics: LiveMetrics | undefined, now: number): AudioMetrics {
  return create(AudioMetricsSchema, {
    streamId,
    currentBitrate: metrics?.currentBitrate ?? 0,
    bufferHealth: metrics?.bufferHealth ?? 1,
    ...(metrics?.latencyMs !== undefined && { latency: duration(metrics.latencyMs) }),
    droppedFrames: BigInt(metrics?.droppedFrames ?? 0),
    qualityStats: (metrics?.renditions ?? []).map((each) => ({
      quality: each.quality,
      bitrate: each.bitrate,
      listenerCount: each.listenerCount,
      droppedFrames: BigInt(each.droppedFrames),
      isPassthrough: each.isPassthrough,
    })),
    measuredAt: timestampFromMs(now),
  });
}

export function optionalMs(time: Parameters<typeof timestampMs>[0] | undefined): number | undefined {
  return time && timestampMs(time);
}

/** Durations have nanoseconds, but nobody measures them here. */
function duration(ms: number) {
  return durationFromMs(Math.round(ms));
}
