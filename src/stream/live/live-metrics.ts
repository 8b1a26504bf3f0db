import { AudioQualitySchema } from "#gen/veza/stream/v1/audio_pb.ts";
import type { Counter } from "../../platform/telemetry/instruments.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";
import type { Rendition } from "../live-port.ts";
import type { OnAir } from "./on-air.ts";
import { renditions } from "./renditions.ts";

/** What is counted of sound as it is sent. */
export interface LiveCounters {
  /** Packets that nobody encoded in time. */
  readonly unencoded: Counter;
  /** Packets that a listener was too slow for. */
  droppedFor(quality: Rendition): Counter;
  /** A recording is over, well or not. */
  recorded(error: string | undefined): void;
}

export function createLiveCounters(metrics: Metrics): LiveCounters {
  const dropped = {
    name: "veza.stream.dropped_packets",
    unit: "{packet}",
    help: "Sound that was left out: the encoder or a listener was too slow.",
  };
  const recordings = { name: "veza.stream.recordings", unit: "{recording}", help: "Recordings that ended." };
  const droppedFor = (quality: Rendition) => metrics.counter(dropped, { cause: "listener", quality: nameOf(quality) });
  // There from the start: Prometheus sees no increase in a series that begins with its first count.
  for (const quality of renditions) droppedFor(quality);
  const ended = {
    completed: metrics.counter(recordings, { outcome: "completed" }),
    failed: metrics.counter(recordings, { outcome: "failed" }),
  };
  return {
    unencoded: metrics.counter(dropped, { cause: "encoder" }),
    droppedFor,
    recorded(error) {
      ended[error === undefined ? "completed" : "failed"].add();
    },
  };
}

/** What sounds here now, read when somebody looks. */
export function observeLive(metrics: Metrics, streams: () => Iterable<OnAir>, recording: () => number): void {
  const observe = (name: string, unit: string, help: string, read: Parameters<Metrics["observe"]>[2]) =>
    metrics.observe("gauge", { name: `veza.stream.${name}`, unit, help }, read);
  const count = (is: (air: OnAir) => boolean) => [...streams()].filter(is).length;

  observe("on_air", "{stream}", "Streams that have their source in this process, or are heard in it.", () =>
    count(() => true),
  );
  observe("sources", "{source}", "Streams with a source that is connected here.", () =>
    count(({ isLeading, sound }) => isLeading && sound.hasSource),
  );
  observe("recording", "{recording}", "Recordings under way.", recording);
  observe("encoder_lag", "s", "How far the encoder is behind, of the stream where it is furthest.", () =>
    Math.max(0, ...[...streams()].map(({ encoderLagMs }) => encoderLagMs / 1000)),
  );
  observe("listeners", "{listener}", "Who hears a stream here, by what they get and how.", () => {
    // Nobody is a number too, and what scales by it waits for one.
    const counts = new Map<string, [{ via: string; quality: string }, number]>([
      ["rpc none", [{ via: "rpc", quality: "none" }, 0]],
      ["http none", [{ via: "http", quality: "none" }, 0]],
    ]);
    for (const { audience } of streams()) {
      for (const { via, quality } of audience) {
        if (via === "recording") continue;
        const labels = { via, quality: quality === undefined ? "none" : nameOf(quality) };
        const key = `${via} ${labels.quality}`;
        counts.set(key, [labels, (counts.get(key)?.[1] ?? 0) + 1]);
      }
    }
    return counts.values();
  });
}

function nameOf(quality: Rendition): string {
  return AudioQualitySchema.value[quality]?.localName.toLowerCase() ?? String(quality);
}
