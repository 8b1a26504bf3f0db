import type { RecordingId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";
import type { LadderPool } from "../audio/index.ts";
import { alreadyRecording } from "../errors.ts";
import type { ClosedRecording, LivePort, OnAirEvents, RecordingFile, RecordingResult } from "../live-port.ts";
import type { Leases } from "./lease.ts";
import type { Listening } from "./listening.ts";
import { type LiveCounters, observeLive } from "./live-metrics.ts";
import type { OnAirStreams } from "./on-air-streams.ts";
import { Recorder } from "./recorder.ts";
import type { RecordingFiles } from "./recording-files.ts";
import { recoverRecording } from "./recovery.ts";
import { heardIn } from "./renditions.ts";
import type { Serving } from "./serving.ts";

/** What the domain asks of what sounds here. Disposing of it closes the recordings, and tells of them. */
export function createLivePort(needs: {
  onAir: () => OnAirEvents;
  streams: OnAirStreams;
  leases: Leases;
  serving: Pick<Serving, "forget">;
  listening: Listening;
  ladders: LadderPool;
  files: RecordingFiles;
  shutdown: AbortSignal;
  log: Log;
  metrics: Metrics;
  counters: LiveCounters;
}): LivePort & AsyncDisposable {
  const { onAir, streams, leases, serving, listening, ladders, files, shutdown, log, metrics, counters } = needs;
  const recorders = new Map<RecordingId, Recorder>();
  observeLive(
    metrics,
    () => streams.all(),
    () => recorders.size,
  );

  async function stop(recorder: Recorder): Promise<ClosedRecording> {
    const result = await recorder.stop();
    counters.recorded(result.error);
    return kept(recorder.order.id, result);
  }

  async function recover(recordingId: RecordingId, file: RecordingFile | undefined): Promise<ClosedRecording> {
    return kept(recordingId, await recoverRecording({ files, ladders, shutdown }, recordingId, file));
  }

  /** What cannot be kept right now stays where it is, and is tried again later. */
  async function kept(recordingId: RecordingId, result: RecordingResult): Promise<ClosedRecording> {
    if (result.file === undefined) return { ...result, isKept: true };
    try {
      await files.keep(result.file);
      return { ...result, isKept: true };
    } catch (error) {
      log.error({ err: error, recording_id: recordingId }, "a recording could not be brought to where others read it");
      return { ...result, isKept: false };
    }
  }

  /** Closes a recording that nobody asked to close, and tells of it. */
  async function closeAndTell(recorder: Recorder): Promise<void> {
    const { id } = recorder.order;
    if (!recorders.delete(id)) return;
    await onAir().recordingClosed(id, await stop(recorder));
  }

  return {
    async stop(streamId) {
      const air = streams.remove(streamId);
      if (air === undefined) return;
      leases.revoke(streamId);
      serving.forget(streamId);
      const closing = [...recorders.values()].filter(({ order }) => order.stream.id === streamId).map(closeAndTell);
      air.end();
      await Promise.all(closing);
    },
    update: streams.update,
    hasSource: leases.isHeld,

    sound: (streamId) => streams.get(streamId)?.sound,
    offer(stream, wanted) {
      const air = streams.get(stream.id);
      const quality = heardIn(air?.sound ?? stream.sound, wanted, stream.defaultQuality);
      return { quality: quality ?? wanted, bufferMs: air?.bufferMs ?? limits.live.playerBufferMs };
    },
    metrics: (streamId) => streams.get(streamId)?.metrics(),

    drop(_streamId, listenerIds, reason) {
      listening.drop(listenerIds, reason);
    },
    changeQuality: (listenerId, wanted) => listening.callOf(listenerId)?.change(wanted),
    reportPlayback: (listenerId, report) => listening.callOf(listenerId)?.reported(report),
    setVolume(listenerIds, volume) {
      for (const listenerId of listenerIds) listening.callOf(listenerId)?.volume(volume);
    },

    async startRecording(order) {
      if ([...recorders.values()].some((each) => each.order.stream.id === order.stream.id)) throw alreadyRecording();
      const recorder = new Recorder({
        air: streams.of(order.stream),
        order,
        files,
        log,
        onFailed(failed) {
          closeAndTell(failed).catch((error: unknown) =>
            log.error({ err: error, recording_id: order.id }, "closing a recording that failed did not work"),
          );
        },
      });
      recorders.set(order.id, recorder);
      return recorder.file;
    },
    async stopRecording(recordingId) {
      const recorder = recorders.get(recordingId);
      if (recorder === undefined) return recover(recordingId, undefined);
      recorders.delete(recordingId);
      return stop(recorder);
    },
    recoverRecording: recover,
    keepRecording: files.keep,
    recordingProgress: (recordingId) => recorders.get(recordingId)?.progress,
    recordingsHere: () => [...recorders.keys()],
    folder: files.id,
    deleteRecording: (recordingId) => files.remove(recordingId),
    async [Symbol.asyncDispose]() {
      await Promise.all([...recorders.values()].map(closeAndTell));
    },
  };
}
