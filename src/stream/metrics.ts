import type { LiveMetrics, RenditionMetrics } from "./live-port.ts";
import { isOnAir } from "./states.ts";
import type { StoredStream } from "./store/stream-store.ts";

/** What several instances measure of one stream, as one; undefined when none does. */
export function mergedMetrics(parts: readonly LiveMetrics[]): LiveMetrics | undefined {
  const first = parts[0];
  if (first === undefined || parts.length === 1) return first;
  const byQuality = Map.groupBy(
    parts.flatMap(({ renditions }) => renditions),
    ({ quality }) => quality,
  );
  return {
    currentBitrate: Math.max(...parts.map(({ currentBitrate }) => currentBitrate)),
    bufferHealth: meanOf(parts, ({ bufferHealth }) => bufferHealth),
    latencyMs: meanOf(parts, ({ latencyMs }) => latencyMs),
    droppedFrames: parts.reduce((sum, { droppedFrames }) => sum + droppedFrames, 0),
    renditions: [...byQuality.values()].map(merged).sort((a, b) => a.quality - b.quality),
  };
}

function merged(parts: readonly RenditionMetrics[]): RenditionMetrics {
  return {
    quality: (parts[0] as RenditionMetrics).quality,
    bitrate: Math.max(...parts.map(({ bitrate }) => bitrate)),
    listenerCount: parts.reduce((sum, { listenerCount }) => sum + listenerCount, 0),
    droppedFrames: parts.reduce((sum, { droppedFrames }) => sum + droppedFrames, 0),
    isPassthrough: parts.some(({ isPassthrough }) => isPassthrough),
  };
}

/** By how many listen at each; alike where nobody does. */
function meanOf(parts: readonly LiveMetrics[], of: (part: LiveMetrics) => number | undefined): number | undefined {
  let sum = 0;
  let weights = 0;
  for (const part of parts) {
    const value = of(part);
    if (value === undefined) continue;
    const weight = Math.max(
      1,
      part.renditions.reduce((listeners, { listenerCount }) => listeners + listenerCount, 0),
    );
    sum += value * weight;
    weights += weight;
  }
  return weights === 0 ? undefined : sum / weights;
}

/** What is measured of a stream on air that sounds nowhere yet; undefined for one that is not on air. */
export function silentMetrics({ status }: Pick<StoredStream, "status">): LiveMetrics | undefined {
  if (!isOnAir(status)) return undefined;
  return { currentBitrate: 0, bufferHealth: undefined, latencyMs: undefined, droppedFrames: 0, renditions: [] };
}
