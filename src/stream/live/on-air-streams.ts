import type { Bus } from "../../platform/bus/bus.ts";
import type { StreamId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import type { LadderPool } from "../audio/index.ts";
import type { LiveNeeds, OnAirStream } from "../live-port.ts";
import type { LiveCounters } from "./live-metrics.ts";
import { OnAir } from "./on-air.ts";
import { Relay } from "./relay.ts";

/** The streams that have their source in this process, or are heard in it. */
export interface OnAirStreams extends Disposable {
  get(streamId: StreamId): OnAir | undefined;
  /** The stream, as it is or is about to be on air. It is forgotten when nobody hears it and its source is not here. */
  of(stream: OnAirStream): OnAir;
  /** The stream is this from here on. What is older than what is known is left out. */
  update(stream: OnAirStream): void;
  /** Makes this instance the stream's home. Throws as `Homes.take` does. */
  lead(streamId: StreamId): Promise<OnAir>;
  /** Takes a stream off air; undefined when it was not there. Its listeners have yet to be told. */
  remove(streamId: StreamId): OnAir | undefined;
  all(): IterableIterator<OnAir>;
  /** Looks where all of them stand, by what is stored. */
  recheck(): Promise<void>;
}

/**
 * `onTick` is called every 100 ms while there is a stream. `onHomeLost` is called when a stream's source has to be let
 * go, as another instance is its home now; `onOver` when the stream turned out to be off air.
 */
export function createOnAirStreams(needs: {
  domain: () => Pick<LiveNeeds, "homes" | "instances" | "calls">;
  ladders: LadderPool;
  counters: LiveCounters;
  bus: Bus;
  log: Log;
  onSound: (air: OnAir) => void;
  onTick: (now: number) => void;
  onHomeLost: (streamId: StreamId) => void;
  onOver: (streamId: StreamId) => void;
}): OnAirStreams {
  const { domain, ladders, counters, bus, log, onSound, onTick, onHomeLost, onOver } = needs;
  const streams = new Map<StreamId, { readonly air: OnAir; readonly changes: Disposable }>();
  const looking = new Set<StreamId>();
  let timer: NodeJS.Timeout | undefined;

  function tick(): void {
    const now = performance.now();
    for (const { air } of [...streams.values()]) {
      air.tick(now);
      if (!air.isLeading && air.audience.size === 0) forget(air.stream.id)?.end();
    }
    onTick(now);
  }

  function forget(streamId: StreamId): OnAir | undefined {
    const found = streams.get(streamId);
    found?.changes[Symbol.dispose]();
    streams.delete(streamId);
    if (streams.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    return found?.air;
  }

  /** Has it sound from where its home is. */
  function place(air: OnAir): void {
    const { id, home } = air.stream;
    if (home.instance === domain().instances.id) return air.lead();
    if (air.isLeading) onHomeLost(id);
    air.follow(home.instance === "" ? undefined : home);
  }

  /** Looks where a stream stands, by what is stored. */
  function look(streamId: StreamId): void {
    looking.add(streamId);
    if (looking.size > 1) return;
    // Those that somebody wants to know of in the same turn are read together.
    setImmediate(() => {
      const ids = [...looking];
      looking.clear();
      lookAt(ids).catch((error: unknown) => log.error({ err: error }, "looking where streams stand failed"));
    });
  }

  async function lookAt(ids: readonly StreamId[]): Promise<void> {
    const known = new Map((await domain().homes.find(ids)).map((stream) => [stream.id, stream]));
    for (const id of ids) {
      if (!streams.has(id)) continue;
      const stream = known.get(id);
      if (stream === undefined) onOver(id);
      else update(stream);
    }
  }

  function of(stream: OnAirStream): OnAir {
    const known = streams.get(stream.id);
    if (known !== undefined) return known.air;
    const { id } = stream;
    const air = new OnAir(stream, {
      ladders,
      counters,
      onSound,
      relay(sink) {
        const { instances, calls } = domain();
        return new Relay(id, sink, { bus, calls, instance: instances.id, log, onLost: look });
      },
    });
    streams.set(id, { air, changes: domain().homes.onChanged(id, () => look(id)) });
    timer ??= setInterval(tick, limits.live.tickMs).unref();
    if (stream.home.instance !== "") place(air);
    // It may have changed after it was read and before its bell could be heard here.
    if (domain().instances.others().length > 0) void bus.listening().then(() => look(id));
    return air;
  }

  function update(stream: OnAirStream): void {
    const air = streams.get(stream.id)?.air;
    if (air === undefined) return;
    const { home } = air.stream;
    // What was read before this instance became the home comes late.
    const isStale = stream.home.epoch < home.epoch;
    air.update(isStale ? { ...stream, home } : stream);
    place(air);
  }

  return {
    get: (streamId) => streams.get(streamId)?.air,
    of,
    update,
    async lead(streamId) {
      const stream = await domain().homes.take(streamId);
      const air = of(stream);
      update(stream);
      return air;
    },
    remove: forget,
    *all() {
      for (const { air } of streams.values()) yield air;
    },
    async recheck() {
      if (streams.size > 0) await lookAt([...streams.keys()]);
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      for (const { air, changes } of streams.values()) {
        changes[Symbol.dispose]();
        air[Symbol.dispose]();
      }
      streams.clear();
    },
  };
}
