import type { Stream } from "#gen/veza/stream/v1/stream_pb.ts";
import { StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import type { Clock } from "../platform/clock.ts";
import type { LivePort, OnAirStream, Sound } from "./live-port.ts";
import { publicStream } from "./public-view.ts";
import type { StoredStream } from "./store/stream-store.ts";

/** What a stream without a source sounds like. */
export const silence: Sound = { hasSource: false, available: [], best: undefined };

/** Shows a stored stream together with what is on air of it. */
export type ShowStream = (stream: StoredStream) => Stream;

export function createShowStream(needs: { live: () => LivePort; clock: Clock }): ShowStream {
  const { live, clock } = needs;
  return (stream) => publicStream(stream, live().sound(stream.id), clock.now());
}

/** A stream as the live part needs to know it. */
export function onAirOf(stream: StoredStream): OnAirStream {
  const { id, title, streamerId, defaultQuality, metadata } = stream;
  return { id, title, streamerId, isPaused: stream.status === StreamStatus.PAUSED, defaultQuality, metadata };
}
