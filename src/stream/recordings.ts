import { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import type { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { AudioQuality as Quality } from "#gen/veza/stream/v1/audio_pb.ts";
import { type Recording, RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { RecordingId, StreamId, UserId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";
import { type Requests, requestOf } from "../platform/requests/requests.ts";
import { type Access, type Caller, requireAllowed, type StreamAccess } from "./access.ts";
import type { AdminActs } from "./admin-acts.ts";
import { wantedOr } from "./coming.ts";
import { alreadyRecording, recordingNotFound, recordingOpen } from "./errors.ts";
import type { StreamWrites } from "./events/event-log.ts";
import { recordingStarted } from "./facts.ts";
import type { LivePort, PlayableRecording } from "./live-port.ts";
import { onAirOf } from "./live-view.ts";
import { decide } from "./permissions.ts";
import { publicRecording } from "./public-view.ts";
import type { RecordingEnds } from "./recording-ends.ts";
import type { Begun, RecordingPlaces } from "./recording-places.ts";
import type { RecordingRecovery } from "./recording-recovery.ts";
import { requireMove } from "./states.ts";
import type { RecordingStore, StoredRecording } from "./store/recording-store.ts";
import type { StreamStore } from "./store/stream-store.ts";
import { fileColumns, fileOf, isOpen, newRecording } from "./stored-recording.ts";
import type { StreamTables } from "./tables.ts";
import type { Urls } from "./urls.ts";
import { aboutRequest, aboutStream } from "./write-keys.ts";

/** Recordings: the rows and the rules. Their files are the live part's. What each method throws is in the contract. */
export interface Recordings {
  start(
    caller: Principal,
    wish: { streamId: StreamId; title: string; quality: AudioQuality },
    requestId: string,
  ): Promise<Recording>;
  stop(caller: Principal, recordingId: RecordingId): Promise<Recording>;
  /** From before a recording, the newest first. */
  list(
    caller: Principal,
    filter: { streamerId: UserId | undefined; streamId: StreamId | undefined },
    page: { before: RecordingId | undefined; limit: number },
  ): Promise<Recording[]>;
  delete(caller: Principal, recordingId: RecordingId): Promise<void>;
  /** The file of one that can be played. Throws RECORDING_NOT_FOUND. */
  playable(caller: Caller, recordingId: RecordingId): Promise<PlayableRecording>;
}

export function createRecordings(needs: {
  database: Database<StreamTables>;
  writes: StreamWrites;
  clock: Clock;
  log: Log;
  streams: StreamStore;
  recordings: RecordingStore;
  requests: Requests<StreamTables>;
  access: Access;
  acts: Pick<AdminActs, "note">;
  places: RecordingPlaces;
  ends: Pick<RecordingEnds, "close">;
  recovery: Pick<RecordingRecovery, "deleteFile">;
  live: () => Pick<LivePort, "recordingProgress">;
  urls: Urls;
}): Recordings {
  const { database, writes, clock, log, streams, recordings, requests, access, acts } = needs;
  const { places, ends, recovery, live, urls } = needs;

  function show(recording: StoredRecording): Recording {
    return publicRecording(recording, urls.recording(recording.id), live().recordingProgress(recording.id));
  }

  /** What a caller is to the stream of a recording, also when that is deleted. Throws RECORDING_NOT_FOUND. */
  async function load(caller: Caller, recordingId: RecordingId) {
    const recording = await recordings.find(database.read, recordingId);
    const stream = recording && (await streams.find(database.read, recording.streamId));
    if (recording === undefined || stream === undefined) throw recordingNotFound();
    const allowed: StreamAccess = { stream, standing: await access.standingOf(caller, stream) };
    if (decide(stream.visibility, allowed.standing, "hear") !== "yes") throw recordingNotFound();
    return { recording, allowed };
  }

  return {
    async start(caller, { streamId, title, quality }, requestId) {
      const allowed = await access.require(caller, streamId, "manage");
      const request = requestOf(caller.userId, requestId, "StartRecording", [streamId, title, quality]);
      const keys = [aboutStream(streamId), ...aboutRequest(request)];
      const begun = await writes.about(keys, async ({ tx }) => {
        const stream = await access.again(tx, allowed, caller, "manage");
        const earlier = await requests.earlierResult(tx, request);
        const before = earlier && (await recordings.find(tx, earlier as RecordingId));
        if (before) return { recording: before, stream: onAirOf(stream), isNew: false };
        requireMove(stream.status, "record");
        if (stream.recordingId !== undefined) throw alreadyRecording();
        const recording = newRecording(stream, title, wantedOr(quality, Quality.AUTO), clock.now(), places.of(stream));
        await recordings.insert(tx, recording);
        await streams.update(tx, streamId, { recordingId: recording.id });
        await acts.note(tx, caller, stream, AuditAction.START_RECORDING, recording.id);
        return { recording, stream: onAirOf(stream), isNew: true };
      });
      if (!begun.isNew) return show(begun.recording);

      const { id, instance } = begun.recording;
      let started: Begun;
      try {
        started = await places.start(instance, { id, stream: begun.stream, quality: begun.recording.quality });
      } catch (error) {
        await database.write(
          async (tx) => {
            await recordings.remove(tx, id);
            const stream = await streams.find(tx, streamId);
            if (stream?.recordingId === id) await streams.update(tx, streamId, { recordingId: undefined });
          },
          { keys },
        );
        throw error;
      }
      return writes.about(keys, async ({ tx, append }) => {
        const changes = { ...fileColumns(started.file), instance: started.instance, folder: started.folder };
        await recordings.update(tx, id, changes);
        const recording = { ...begun.recording, ...changes };
        const payload = recordingStarted(publicRecording(recording, urls.recording(id)));
        await append({ streamId, actorId: caller.userId, at: begun.recording.startedAt, payload });
        await requests.remember(tx, request, id);
        return show(recording);
      });
    },

    async stop(caller, recordingId) {
      const { recording, allowed } = await load(caller, recordingId);
      requireAllowed(allowed, "manage");
      if (!isOpen(recording)) return show(recording);
      const closed = ends.close(recordingId, caller);
      const inTime = await withinTime(closed);
      if (inTime === undefined) throw recordingNotFound();
      if (inTime !== "late") return show(inTime);
      closed.catch((error: unknown) =>
        log.error({ err: error, recording_id: recordingId }, "a recording is not closed"),
      );
      return show((await recordings.find(database.read, recordingId)) ?? recording);
    },

    async list(caller, filter, page) {
      let all = false;
      if (filter.streamId !== undefined) {
        const stream = await streams.find(database.read, filter.streamId);
        const standing = stream && (await access.standingOf(caller, stream));
        if (stream === undefined || standing === undefined) return [];
        if (decide(stream.visibility, standing, "hear") !== "yes") return [];
        all = decide(stream.visibility, standing, "manage") === "yes";
      }
      const found = await recordings.list(database.read, { ...filter, caller: caller.userId, all }, page);
      return found.map(show);
    },

    async delete(caller, recordingId) {
      const { recording, allowed } = await load(caller, recordingId);
      requireAllowed(allowed, "manage");
      await database.write(async (tx) => {
        const current = await recordings.find(tx, recordingId);
        if (current === undefined) throw recordingNotFound();
        if (isOpen(current)) throw recordingOpen();
        await recordings.markDeleted(tx, recordingId, clock.now());
        await acts.note(tx, caller, allowed.stream, AuditAction.DELETE_RECORDING, recordingId);
      });
      await recovery.deleteFile(recording);
    },

    async playable(caller, recordingId) {
      const { recording, allowed } = await load(caller, recordingId);
      const file = fileOf(recording);
      const isDone = recording.status === RecordingStatus.COMPLETED;
      const isTheirs = decide(allowed.stream.visibility, allowed.standing, "manage") === "yes";
      if (file === undefined || isOpen(recording) || !(isDone || isTheirs)) throw recordingNotFound();
      return { id: recordingId, title: recording.title, file, bytes: recording.bytes };
    },
  };
}

async function withinTime<Result>(work: Promise<Result>): Promise<Result | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), limits.stream.recordingClosesMs).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
