import type { Stream } from "#gen/veza/stream/v1/stream_pb.ts";
import { StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import type { Clock } from "../platform/clock.ts";
import type { LivePort, OnAirStream } from "./live-port.ts";
import { publicStream } from "./public-view.ts";
import type { StoredStream } from "./store/stream-store.ts";

/** Shows a stored stream together with what is on air of it. */
export type ShowStream = (stream: StoredStream) => Stream;

export function createShowStream(needs: { live: () => LivePort; clock: Clock }): ShowStream {
  const { live, clock } = needs;
  return (stream) => publicStream(stream, live().sound(stream.id) ?? stream.sound, clock.now());
}

/** A stream as the live part needs to know it. */
export function onAirOf(stream: StoredStream): OnAirStream {
  const { id, title, streamerId, defaultQuality, metadata, home, sound } = stream;
  const isPaused = stream.status === StreamStatus.PAUSED;
  return { id, title, streamerId, isPaused, defaultQuality, metadata, home, sound };
}
