import { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import { RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { RecordingId, StreamId, UserId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { AdminActs } from "./admin-acts.ts";
import type { StreamWrites } from "./events/event-log.ts";
import { recordingStopped } from "./facts.ts";
import type { ClosedRecording } from "./live-port.ts";
import { publicRecording } from "./public-view.ts";
import type { RecordingPlaces } from "./recording-places.ts";
import type { RecordingStore, StoredRecording } from "./store/recording-store.ts";
import type { StreamStore } from "./store/stream-store.ts";
import { fileColumns, isOpen } from "./stored-recording.ts";
import type { StreamTables } from "./tables.ts";
import type { Urls } from "./urls.ts";

/** How recordings end, whoever ends them. */
export interface RecordingEnds {
  /** Closes one once, however many ask for it. Undefined when it is gone. */
  close(recordingId: RecordingId, by?: Principal): Promise<StoredRecording | undefined>;
  /** Has those who close one wait for this instead. */
  closes(recordingId: RecordingId, work: Promise<StoredRecording | undefined>): Promise<StoredRecording | undefined>;
  /** From now on it is PROCESSING, and its stream may be recorded anew. */
  leaveOpen(recordingId: RecordingId, endedAt?: number, by?: Principal): Promise<void>;
  /** Stores what became of one. Undefined when it is gone. */
  finish(
    recordingId: RecordingId,
    result: ClosedRecording,
    endedAt: number,
    actorId?: UserId,
  ): Promise<StoredRecording | undefined>;
  /** Ends what is being recorded of a stream. */
  stopOf(streamId: StreamId): Promise<void>;
  /** Ends one that nobody asked to end. */
  closed(recordingId: RecordingId, result: ClosedRecording): Promise<void>;
}

export function createRecordingEnds(needs: {
  database: Database<StreamTables>;
  writes: StreamWrites;
  clock: Clock;
  log: Log;
  streams: StreamStore;
  recordings: RecordingStore;
  acts: Pick<AdminActs, "note">;
  places: RecordingPlaces;
  urls: Urls;
}): RecordingEnds {
  const { database, writes, clock, log, streams, recordings, acts, places, urls } = needs;
  const closing = new Map<RecordingId, Promise<StoredRecording | undefined>>();

  const finish: RecordingEnds["finish"] = (recordingId, result, endedAt, actorId) => {
    return writes.write(async ({ tx, append }) => {
      const before = await recordings.find(tx, recordingId);
      if (before === undefined || !isOpen(before)) return before;
      const changes = {
        status: result.error === undefined ? RecordingStatus.COMPLETED : RecordingStatus.FAILED,
        error: result.error ?? "",
        bytes: result.bytes,
        durationMs: Math.round(result.durationMs),
        peaks: result.peaks,
        endedAt,
        ...fileColumns(result.file),
        ...(result.isKept && { folder: "" }),
      };
      await recordings.update(tx, recordingId, changes);
      const after = { ...before, ...changes };
      const stream = await streams.find(tx, before.streamId);
      if (stream?.recordingId === recordingId) await streams.update(tx, stream.id, { recordingId: undefined });
      if (stream !== undefined && !stream.isDeleted) {
        const payload = recordingStopped(publicRecording(after, urls.recording(recordingId)));
        const by = actorId === undefined ? {} : { actorId };
        await append({ streamId: stream.id, ...by, at: clock.now(), payload });
      }
      return after;
    });
  };

  async function leaveOpen(recordingId: RecordingId, endedAt?: number, by?: Principal): Promise<void> {
    await writes.write(async ({ tx }) => {
      const current = await recordings.find(tx, recordingId);
      if (current?.status !== RecordingStatus.RECORDING) return;
      const ended = endedAt === undefined ? {} : { endedAt };
      await recordings.update(tx, recordingId, { status: RecordingStatus.PROCESSING, ...ended });
      const stream = await streams.find(tx, current.streamId);
      if (stream?.recordingId === recordingId) await streams.update(tx, stream.id, { recordingId: undefined });
      if (by !== undefined && stream !== undefined) {
        await acts.note(tx, by, stream, AuditAction.STOP_RECORDING, recordingId);
      }
    });
  }

  function closes(recordingId: RecordingId, work: Promise<StoredRecording | undefined>) {
    const running = work.finally(() => closing.delete(recordingId));
    closing.set(recordingId, running);
    return running;
  }

  async function closeNow(recordingId: RecordingId, by?: Principal): Promise<StoredRecording | undefined> {
    const endedAt = clock.now();
    const recording = await recordings.find(database.read, recordingId);
    if (recording === undefined || !isOpen(recording)) return recording;
    await leaveOpen(recordingId, endedAt, by);
    const result = await places.stop(recording).catch((error: unknown) => {
      log.error({ err: error, recording_id: recordingId }, "closing a recording failed");
      return failedResult("the file could not be closed");
    });
    if (result === undefined) return recordings.find(database.read, recordingId);
    return finish(recordingId, result, endedAt, by?.userId);
  }

  const close: RecordingEnds["close"] = (recordingId, by) =>
    closing.get(recordingId) ?? closes(recordingId, closeNow(recordingId, by));

  return {
    close,
    closes,
    leaveOpen,
    finish,
    async stopOf(streamId) {
      const stream = await streams.find(database.read, streamId);
      if (stream?.recordingId !== undefined) await close(stream.recordingId);
      for (const { id } of await recordings.openOf(database.read, streamId)) await close(id);
    },
    async closed(recordingId, result) {
      await finish(recordingId, result, clock.now());
    },
  };
}

/** Of a recording of which there is no file that can be used. */
export function failedResult(error: string): ClosedRecording {
  return { error, bytes: 0, durationMs: 0, peaks: [], file: undefined, isKept: false };
}
