import type { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { Clock } from "../platform/clock.ts";
import type { StreamId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { StreamWrites } from "./events/event-log.ts";
import { qualityChanged } from "./facts.ts";
import type { OnAirEvents } from "./live-port.ts";
import type { Recordings } from "./recordings.ts";
import type { StreamStore } from "./store/stream-store.ts";

/** The best quality of each stream's source, as it was told last; missing without a source. */
export type KnownSounds = Map<StreamId, AudioQuality>;

/** Takes in what the live part tells. What cannot be stored is logged: whoever tells goes on with the sound. */
export function createOnAirEvents(needs: {
  writes: StreamWrites;
  clock: Clock;
  log: Log;
  streams: StreamStore;
  broadcasts: Broadcasts;
  recordings: Recordings;
  best: KnownSounds;
}): OnAirEvents {
  const { writes, clock, log, streams, broadcasts, recordings, best } = needs;

  async function logged(what: string, streamId: string, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      log.error({ err: error, stream_id: streamId }, what);
    }
  }

  async function qualityOf(streamId: StreamId, before: AudioQuality | undefined, now: AudioQuality | undefined) {
    await writes.write(async ({ tx, append }) => {
      const stream = await streams.find(tx, streamId);
      if (stream === undefined || stream.isDeleted) return;
      const [was, is] = [before ?? stream.defaultQuality, now ?? stream.defaultQuality];
      if (was !== is) await append({ streamId, at: clock.now(), payload: qualityChanged(undefined, was, is) });
    });
  }

  return {
    soundChanged(streamId, sound) {
      const before = best.get(streamId);
      if (before === sound.best) return;
      if (sound.best === undefined) best.delete(streamId);
      else best.set(streamId, sound.best);
      void logged("storing a change of quality failed", streamId, qualityOf(streamId, before, sound.best));
    },
    metadataChanged: (streamId, change) =>
      logged("storing metadata failed", streamId, broadcasts.changeMetadata(streamId, change)),
    sourceGone: (streamId) => logged("ending a stream failed", streamId, broadcasts.end(streamId, "source gone")),
    failed: (streamId, failure) => logged("storing a failure failed", streamId, broadcasts.fail(streamId, failure)),
    recordingClosed: (recordingId, result) =>
      logged("storing the end of a recording failed", recordingId, recordings.closed(recordingId, result)),
  };
}
