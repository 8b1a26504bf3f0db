import { setTimeout } from "node:timers/promises";
import { StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import type { Bus } from "../platform/bus/bus.ts";
import type { Database } from "../platform/database/database.ts";
import { Failure, Reason } from "../platform/failure.ts";
import type { StreamId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import type { Changes } from "./changes.ts";
import { alreadyBroadcasting, streamNotFound } from "./errors.ts";
import { type Call, type InstanceCalls, isUnreachable } from "./instance-calls.ts";
import type { Instances } from "./instances.ts";
import type { Home, Homes, LivePort } from "./live-port.ts";
import { onAirOf } from "./live-view.ts";
import { isOnAir, requireMove } from "./states.ts";
import type { HomeStore } from "./store/home-store.ts";
import type { StreamStore } from "./store/stream-store.ts";
import type { StreamTables } from "./tables.ts";
import { aboutStream } from "./write-keys.ts";

/** Asks the home of a stream whether its place is free for a source that has come to another instance. */
const isFree: Call<{ streamId: StreamId }, { isFree: boolean }> = {
  name: "is-free",
  // Asked again and again while it is not known to be gone.
  timeoutMs: limits.stream.instanceBeatMs,
};

/** How often two instances may be faster than this one, before it gives up. */
const tries = 5;

/** One home at a time for each stream, by a change of its row that only one can make. */
export function createHomes(needs: {
  database: Database<StreamTables>;
  bus: Pick<Bus, "isConnected">;
  store: HomeStore;
  streams: StreamStore;
  instances: Instances;
  calls: InstanceCalls;
  changes: Changes;
  live: () => LivePort;
}): Homes {
  const { database, bus, store, streams, instances, calls, changes, live } = needs;

  calls.answer(isFree, async ({ streamId }) => ({ isFree: !live().hasSource(streamId) }));

  /** Whether the holder of a place has no source there, or is gone; undefined when it does not say. */
  async function answerOf(streamId: StreamId, { instance }: Home): Promise<boolean | undefined> {
    try {
      return (await calls.ask(instance, isFree, { streamId })).content.isFree;
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      // Nobody is there any more who would answer.
      if ((error as Failure).reason === Reason.UNAVAILABLE && bus.isConnected) return true;
      return (await instances.isRunning(instance)) ? undefined : true;
    }
  }

  /** Resolves once the place may be taken: its holder has no source, or is gone. */
  async function free(streamId: StreamId, home: Home): Promise<void> {
    // It may be that only the way to it is broken: then its beat goes on.
    for (const giveUpAt = performance.now() + 2 * limits.stream.instanceSilentMs; performance.now() < giveUpAt; ) {
      const askedAt = performance.now();
      const answer = await answerOf(streamId, home);
      if (answer === true) return;
      if (answer === false) throw alreadyBroadcasting();
      await setTimeout(Math.max(0, limits.stream.instanceBeatMs - (performance.now() - askedAt)));
    }
    throw new Failure(Reason.UNAVAILABLE, { sentence: "the process that has the source does not answer: try again" });
  }

  return {
    async take(streamId) {
      for (let tried = 0; tried < tries; tried += 1) {
        const stream = await streams.find(database.read, streamId);
        if (stream === undefined || stream.isDeleted) throw streamNotFound();
        if (!isOnAir(stream.status)) requireMove(StreamStatus.ENDED, "broadcast");
        const { home } = stream;
        if (home.instance === instances.id) return onAirOf(stream);
        if (home.instance !== "") await free(streamId, home);
        const keys = [aboutStream(streamId)];
        if (!(await database.write((tx) => store.take(tx, streamId, home, instances.id), { keys }))) continue;
        changes.ring(streamId);
        return { ...onAirOf(stream), home: { instance: instances.id, epoch: home.epoch + 1 } };
      }
      throw alreadyBroadcasting();
    },
    async find(streamIds) {
      const found = await streams.findSome(database.read, streamIds);
      return found
        .filter(({ status, isDeleted }) => !isDeleted && (isOnAir(status) || status === StreamStatus.CREATED))
        .map(onAirOf);
    },
    onChanged: changes.onChanged,
  };
}
