import type { Clock } from "../platform/clock.ts";
import type { InstanceId, StreamId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { StreamWrites } from "./events/event-log.ts";
import { qualityChanged } from "./facts.ts";
import type { OnAirEvents, Sound } from "./live-port.ts";
import type { Recordings } from "./recordings.ts";
import type { HomeStore } from "./store/home-store.ts";
import type { StreamStore } from "./store/stream-store.ts";
import { aboutStream } from "./write-keys.ts";

/** Takes in what the live part tells. What cannot be stored is logged: whoever tells goes on with the sound. */
export function createOnAirEvents(needs: {
  writes: StreamWrites;
  clock: Clock;
  log: Log;
  streams: StreamStore;
  homes: HomeStore;
  instance: InstanceId;
  broadcasts: Broadcasts;
  recordings: Recordings;
}): OnAirEvents {
  const { writes, clock, log, streams, homes, instance, broadcasts, recordings } = needs;
  /** What is to be stored of each stream's sound: the last word counts, and they are stored one after the other. */
  const sounds = new Map<StreamId, Sound>();

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
    sourceGone: (streamId) => logged("ending a stream failed", streamId, broadcasts.end(streamId, "source gone")),
    failed: (streamId, failure) => logged("storing a failure failed", streamId, broadcasts.fail(streamId, failure)),
    recordingClosed: (recordingId, result) =>
      logged("storing the end of a recording failed", recordingId, recordings.closed(recordingId, result)),
  };
}
