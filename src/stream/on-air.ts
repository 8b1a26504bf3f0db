import type { Clock } from "../platform/clock.ts";
import type { InstanceId, StreamId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { StreamWrites } from "./events/event-log.ts";
import { qualityChanged } from "./facts.ts";
import type { LivePort, OnAirEvents, Sound } from "./live-port.ts";
import type { RecordingEnds } from "./recording-ends.ts";
import type { HomeStore } from "./store/home-store.ts";
import type { StreamStore } from "./store/stream-store.ts";
import { aboutStream } from "./write-keys.ts";

/** Takes in what the live part tells. What cannot be stored is logged: whoever tells goes on with the sound. */
export interface TakenEvents extends OnAirEvents {
  /** Ends again the streams whose end could not be stored, as the database was away. */
  endMissed(signal: AbortSignal): Promise<void>;
}

export function createOnAirEvents(needs: {
  writes: StreamWrites;
  clock: Clock;
  log: Log;
  streams: StreamStore;
  homes: HomeStore;
  instance: InstanceId;
  broadcasts: Pick<Broadcasts, "changeMetadata" | "end" | "fail">;
  ends: Pick<RecordingEnds, "closed">;
  live: () => Pick<LivePort, "hasSource">;
}): TakenEvents {
  const { writes, clock, log, streams, homes, instance, broadcasts, ends, live } = needs;
  /** What is to be stored of each stream's sound: the last word counts, and they are stored one after the other. */
  const sounds = new Map<StreamId, Sound>();
  /** Nobody tells of them again: their source is gone, and its place with it. */
  const missed = new Set<StreamId>();

  async function logged(what: string, streamId: string, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      log.error({ err: error, stream_id: streamId }, what);
    }
  }

  async function storeSounds(streamId: StreamId): Promise<void> {
    let stored: Sound | undefined;
    for (let sound = sounds.get(streamId); sound !== undefined && sound !== stored; sound = sounds.get(streamId)) {
      await storeSound(streamId, sound);
      stored = sound;
    }
  }

  function storeSound(streamId: StreamId, sound: Sound): Promise<void> {
    return writes.about([aboutStream(streamId)], async ({ tx, append }) => {
      const stream = await streams.find(tx, streamId);
      if (stream === undefined || stream.isDeleted || stream.home.instance !== instance) return;
      if (!(await homes.setSound(tx, streamId, stream.home, sound))) return;
      const [was, is] = [stream.sound.best ?? stream.defaultQuality, sound.best ?? stream.defaultQuality];
      if (was !== is) await append({ streamId, at: clock.now(), payload: qualityChanged(undefined, was, is) });
    });
  }

  /** The next source takes the stream on air again, as if it had ended. */
  async function end(streamId: StreamId): Promise<void> {
    missed.add(streamId);
    await broadcasts.end(streamId, "source gone");
    missed.delete(streamId);
  }

  return {
    soundChanged(streamId, sound) {
      const isStoring = sounds.has(streamId);
      sounds.set(streamId, sound);
      if (isStoring) return;
      const storing = storeSounds(streamId).finally(() => sounds.delete(streamId));
      void logged("storing what a stream sounds like failed", streamId, storing);
    },
    metadataChanged: (streamId, change) =>
      logged("storing metadata failed", streamId, broadcasts.changeMetadata(streamId, change)),
    sourceGone: (streamId) => logged("ending a stream failed and will be tried again", streamId, end(streamId)),
    async endMissed(signal) {
      for (const streamId of [...missed]) {
        if (signal.aborted) return;
        if (live().hasSource(streamId)) missed.delete(streamId);
        else await end(streamId);
      }
    },
    failed: (streamId, failure) => logged("storing a failure failed", streamId, broadcasts.fail(streamId, failure)),
    recordingClosed: (recordingId, result) =>
      logged("storing the end of a recording failed", recordingId, ends.closed(recordingId, result)),
  };
}
