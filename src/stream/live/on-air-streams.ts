import type { StreamId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { LadderPool } from "../audio/index.ts";
import type { OnAirStream, Sound } from "../live-port.ts";
import type { LiveCounters } from "./live-metrics.ts";
import { OnAir } from "./on-air.ts";

/** The streams that are on air in this process, and those that somebody waits for. */
export interface OnAirStreams extends Disposable {
  get(streamId: StreamId): OnAir | undefined;
  /** The stream, as it is or is about to be on air. One that was not started is forgotten when nobody waits for it. */
  of(stream: OnAirStream): OnAir;
  /** Takes a stream off air; undefined when it was not there. Its listeners have yet to be told. */
  remove(streamId: StreamId): OnAir | undefined;
  all(): IterableIterator<OnAir>;
}

/** `onTick` is called every 100 ms while there is a stream on air. */
export function createOnAirStreams(needs: {
  ladders: LadderPool;
  counters: LiveCounters;
  onSound: (streamId: StreamId, sound: Sound) => void;
  onTick: (now: number) => void;
}): OnAirStreams {
  const { ladders, counters, onSound, onTick } = needs;
  const streams = new Map<StreamId, OnAir>();
  let timer: NodeJS.Timeout | undefined;

  function tick(): void {
    const now = performance.now();
    for (const air of [...streams.values()]) {
      air.tick(now);
      if (!air.isStarted && air.audience.size === 0) forget(air.stream.id)?.end();
    }
    onTick(now);
  }

  function forget(streamId: StreamId): OnAir | undefined {
    const air = streams.get(streamId);
    streams.delete(streamId);
    if (streams.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    return air;
  }

  return {
    get: (streamId) => streams.get(streamId),
    of(stream) {
      let air = streams.get(stream.id);
      if (air === undefined) {
        air = new OnAir(stream, { ladders, counters, onSound: (sound) => onSound(stream.id, sound) });
        streams.set(stream.id, air);
        timer ??= setInterval(tick, limits.live.tickMs).unref();
      }
      return air;
    },
    remove: forget,
    all: () => streams.values(),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
