import type { Bus } from "../../platform/bus/bus.ts";
import { Failure, Reason } from "../../platform/failure.ts";
import type { InstanceId, StreamId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { InstanceCalls, WithBytes } from "../instance-calls.ts";
import type { HomeState } from "./maker.ts";
import type { OnAir } from "./on-air.ts";
import type { OnAirStreams } from "./on-air-streams.ts";
import { packLevels, packPieces, packSound, type Relayed, soundSubject, stateSubject } from "./sound-frames.ts";
import { type Wants, want } from "./want.ts";

/** What this instance, where it is the home of a stream, makes for others that relay it. */
export interface Serving extends Disposable {
  /** Answers those who relay, from now on. */
  answer(calls: InstanceCalls): void;
  /** Tells others what a stream sounds like now, if it is at home here. */
  announce(streamId: StreamId): void;
  /** Time passes: those who have not said for long that they relay something do not. */
  tick(now: number): void;
  /** A stream is at home here no more. */
  forget(streamId: StreamId): void;
}

/** Something that others relay. */
interface Served extends Disposable {
  /** Until when each of them wants it: steady milliseconds. */
  readonly until: Map<InstanceId, number>;
  /** What was sent of it lately. */
  recent(ms: number): Uint8Array;
}

const nothing = new Uint8Array();

export function createServing(needs: { bus: Bus; streams: () => OnAirStreams }): Serving {
  const { bus, streams } = needs;
  const served = new Map<StreamId, Map<Relayed, Served>>();
  const told = new Map<StreamId, { state: string; turn: number }>();

  /** What the stream sounds like, in a turn of its own when that has changed. */
  function stateOf(air: OnAir): { state: HomeState; isNew: boolean } {
    const { id, home } = air.stream;
    const said = { epoch: home.epoch, ...air.state() };
    // These vary all the time, and nobody has to be told at once.
    const { lagMs, sourceBitrate, burstMs, ...rest } = said;
    const state = JSON.stringify(rest);
    const before = told.get(id);
    const isNew = before?.state !== state;
    const turn = isNew ? (before?.turn ?? 0) + 1 : before.turn;
    if (isNew) told.set(id, { state, turn });
    return { state: { ...said, turn }, isNew };
  }

  function serve(air: OnAir, what: Relayed, backfillMs: number): Served {
    const { id, home } = air.stream;
    const subject = soundSubject(id, what);
    const until = new Map<InstanceId, number>();
    if (what === "levels") {
      const levels = air.onLevels((some) => bus.publish(subject, packLevels(home.epoch, some)));
      return { until, recent: () => nothing, [Symbol.dispose]: () => levels[Symbol.dispose]() };
    }
    const channel = air.tune(what, backfillMs);
    const packets = channel.onPackets((some) => bus.publish(subject, packSound(home.epoch, some)));
    return {
      until,
      recent(ms) {
        const from = channel.packets.since(ms);
        return from === undefined ? nothing : packSound(home.epoch, channel.packets.from(from));
      },
      [Symbol.dispose]() {
        packets[Symbol.dispose]();
        air.release(channel);
      },
    };
  }

  function stop(streamId: StreamId, what: Relayed): void {
    const some = served.get(streamId);
    some?.get(what)?.[Symbol.dispose]();
    some?.delete(what);
    if (some?.size === 0) served.delete(streamId);
  }

  function leave(streamId: StreamId, what: Relayed, one: Served, instance: InstanceId): void {
    one.until.delete(instance);
    if (one.until.size === 0) stop(streamId, what);
  }

  async function wanted({ streamId, instance, wants }: Wants): Promise<WithBytes<HomeState>> {
    const air = streams().get(streamId);
    if (air?.isLeading !== true) throw new Failure(Reason.UNAVAILABLE, { sentence: "the source is not here" });
    const some = served.get(streamId) ?? new Map<Relayed, Served>();
    if (wants.length > 0) served.set(streamId, some);
    for (const [what, one] of [...some]) {
      if (!wants.some((each) => each.what === what)) leave(streamId, what, one, instance);
    }
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for (const { what, backfillMs } of wants) {
      let one = some.get(what);
      if (one === undefined) {
        one = serve(air, what, backfillMs ?? 0);
        some.set(what, one);
      }
      one.until.set(instance, performance.now() + limits.live.wantedMs);
      if (backfillMs === undefined) continue;
      const recent = backfillMs === 0 ? nothing : one.recent(backfillMs);
      bytes += recent.length;
      pieces.push(bytes <= limits.live.backfillBytes ? recent : nothing);
    }
    return { content: stateOf(air).state, bytes: packPieces(pieces) };
  }

  function forget(streamId: StreamId): void {
    for (const what of [...(served.get(streamId)?.keys() ?? [])]) stop(streamId, what);
    told.delete(streamId);
  }

  return {
    answer: (calls) => calls.answer(want, wanted),
    announce(streamId) {
      const air = streams().get(streamId);
      if (air?.isLeading !== true) return;
      const { state, isNew } = stateOf(air);
      if (isNew) bus.publish(stateSubject(streamId), Buffer.from(JSON.stringify(state)));
    },
    tick(now) {
      for (const [streamId, some] of [...served]) {
        for (const [what, one] of [...some]) {
          for (const [instance, until] of [...one.until]) {
            if (until < now) leave(streamId, what, one, instance);
          }
        }
      }
    },
    forget,
    [Symbol.dispose]() {
      for (const streamId of [...served.keys()]) forget(streamId);
    },
  };
}
