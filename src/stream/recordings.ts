import { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import type { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { AudioQuality as Quality } from "#gen/veza/stream/v1/audio_pb.ts";
import { type Recording, RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import { Failure, Reason } from "../platform/failure.ts";
import { type InstanceId, newId, type RecordingId, type StreamId, type UserId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import { type Requests, requestOf } from "../platform/requests/requests.ts";
import { type Access, type Caller, requireAllowed, type StreamAccess } from "./access.ts";
import type { AdminActs } from "./admin-acts.ts";
import { wantedOr } from "./coming.ts";
import { alreadyRecording, recordingNotFound, recordingOpen } from "./errors.ts";
import type { StreamWrites } from "./events/event-log.ts";
import { recordingStarted, recordingStopped } from "./facts.ts";
import { type Call, type InstanceCalls, isUnreachable } from "./instance-calls.ts";
import type { Instances } from "./instances.ts";
import type { ClosedRecording, LivePort, PlayableRecording, RecordingFile, RecordingOrder } from "./live-port.ts";
import { onAirOf } from "./live-view.ts";
import { decide } from "./permissions.ts";
import { publicRecording } from "./public-view.ts";
import { requireMove } from "./states.ts";
import type { RecordingStore, StoredRecording } from "./store/recording-store.ts";
import type { StoredStream, StreamStore } from "./store/stream-store.ts";
import type { StreamTables } from "./tables.ts";
import type { Urls } from "./urls.ts";
import { aboutRequest, aboutStream } from "./write-keys.ts";

/** How long StopRecording waits for the file to be closed before it answers PROCESSING. */
const closingMs = 5_000;

/** What an instance answers that has begun to record. */
interface Begun {
  readonly file: RecordingFile;
  readonly instance: InstanceId;
  readonly folder: string;
}
const startCall: Call<{ order: RecordingOrder }, Begun> = { name: "start-recording", timeoutMs: closingMs };
const stopCall: Call<{ recordingId: RecordingId }, ClosedRecording> = { name: "stop-recording", timeoutMs: closingMs };

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
  /** Ends one that nobody asked to end. */
  closed(recordingId: RecordingId, result: ClosedRecording): Promise<void>;
  /** Ends what is being recorded of a stream. */
  stopOf(streamId: StreamId): Promise<void>;
  /**
   * Closes what instances left open that are gone, brings files to where all read them that could not be, and deletes what was being deleted, as far as the files can be
   * reached here. Reading the files takes its time, and goes on after this resolves.
   */
  recover(): Promise<void>;
  /** Ends what is recorded here and was taken over by another instance, while this one was taken for gone. */
  letGoOfLost(): Promise<void>;
  /** Stores how far what is recorded here is. */
  storeProgress(): Promise<void>;
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
  instances: Pick<Instances, "id" | "isRunning">;
  calls: InstanceCalls;
  live: () => LivePort;
  urls: Urls;
}): Recordings {
  const { database, writes, clock, log, streams, recordings, requests, access, acts } = needs;
  const { instances, calls, live, urls } = needs;
  const closing = new Map<RecordingId, Promise<StoredRecording | undefined>>();

  calls.answer(startCall, async ({ order }) => startHere(order));
  calls.answer(stopCall, async ({ recordingId }) => live().stopRecording(recordingId));

  /** Where a recording is made: where its source is, so that it does not depend on the way between two instances. */
  const recorderOf = ({ home }: StoredStream) => (home.instance === "" ? instances.id : home.instance);

  async function startHere(order: RecordingOrder): Promise<Begun> {
    const file = await live().startRecording(order);
    return { file, instance: instances.id, folder: await live().folder() };
  }

  async function startAt(instance: InstanceId, order: RecordingOrder): Promise<Begun> {
    if (instance === instances.id) return startHere(order);
    try {
      return (await calls.ask(instance, startCall, { order })).content;
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      return startHere(order);
    }
  }

  /** Ends one where it is made. Undefined when that instance is gone with it: whoever has its folder closes it. */
  async function stopAt({ id, instance }: StoredRecording): Promise<ClosedRecording | undefined> {
    if (instance === instances.id) return live().stopRecording(id);
    try {
      return (await calls.ask(instance, stopCall, { recordingId: id })).content;
    } catch (error) {
      if (isUnreachable(error)) return undefined;
      throw error;
    }
  }

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

  /** Stores what became of a recording. Undefined when it is gone. */
  async function finish(recordingId: RecordingId, result: ClosedRecording, endedAt: number, actorId?: UserId) {
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
  }

  /** From now on it is PROCESSING, and its stream may be recorded anew. */
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

  /** Rejects when the process stops before the file was read to its end: then it stays as it is. */
  async function recoverOne(recording: StoredRecording): Promise<StoredRecording | undefined> {
    const result = await live()
      .recoverRecording(recording.id, fileOf(recording))
      .catch((error: unknown) => {
        if (error instanceof Failure && error.reason === Reason.UNAVAILABLE) throw error;
        log.error({ err: error, recording_id: recording.id }, "a recording could not be recovered");
        return failedResult("the service stopped while this was recorded, and the file cannot be read");
      });
    return finish(recording.id, result, Math.min(clock.now(), recording.startedAt + Math.round(result.durationMs)));
  }

  /** Closes one once, however many ask for it. */
  function close(recordingId: RecordingId, by?: Principal): Promise<StoredRecording | undefined> {
    let running = closing.get(recordingId);
    if (running === undefined) {
      running = (async () => {
        const endedAt = clock.now();
        const recording = await recordings.find(database.read, recordingId);
        if (recording === undefined || !isOpen(recording)) return recording;
        await leaveOpen(recordingId, endedAt, by);
        const result = await stopAt(recording).catch((error: unknown) => {
          log.error({ err: error, recording_id: recordingId }, "closing a recording failed");
          return failedResult("the file could not be closed");
        });
        if (result === undefined) return recordings.find(database.read, recordingId);
        return finish(recordingId, result, endedAt, by?.userId);
      })().finally(() => closing.delete(recordingId));
      closing.set(recordingId, running);
    }
    return running;
  }

  async function deleteFile(recording: StoredRecording): Promise<void> {
    await live().deleteRecording(recording.id, fileOf(recording));
    await database.write((tx) => recordings.remove(tx, recording.id));
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
        const recording = newRecording(stream, title, wantedOr(quality, Quality.AUTO), clock.now(), recorderOf(stream));
        await recordings.insert(tx, recording);
        await streams.update(tx, streamId, { recordingId: recording.id });
        await acts.note(tx, caller, stream, AuditAction.START_RECORDING, recording.id);
        return { recording, stream: onAirOf(stream), isNew: true };
      });
      if (!begun.isNew) return show(begun.recording);

      const { id, instance } = begun.recording;
      let started: Begun;
      try {
        started = await startAt(instance, { id, stream: begun.stream, quality: begun.recording.quality });
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
      const closed = close(recordingId, caller);
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
      // A file in another folder is deleted by those who have that.
      const folder = await live().folder();
      if (recording.folder === "" || recording.folder === folder) await deleteFile(recording);
    },

    async playable(caller, recordingId) {
      const { recording, allowed } = await load(caller, recordingId);
      const file = fileOf(recording);
      const isDone = recording.status === RecordingStatus.COMPLETED;
      const isTheirs = decide(allowed.stream.visibility, allowed.standing, "manage") === "yes";
      if (file === undefined || isOpen(recording) || !(isDone || isTheirs)) throw recordingNotFound();
      return { id: recordingId, title: recording.title, file, bytes: recording.bytes };
    },

    async closed(recordingId, result) {
      await finish(recordingId, result, clock.now());
    },

    async stopOf(streamId) {
      const stream = await streams.find(database.read, streamId);
      if (stream?.recordingId !== undefined) await close(stream.recordingId);
      for (const { id } of await recordings.openOf(database.read, streamId)) await close(id);
    },

    async recover() {
      const folder = await live().folder();
      for (const { id, ...recording } of await recordings.unkept(database.read, folder)) {
        const file = fileOf(recording);
        if (file === undefined) continue;
        try {
          await live().keepRecording(file);
        } catch (error) {
          log.warn({ err: error, recording_id: id }, "a recording is still where only those read it who made it");
          continue;
        }
        await database.write((tx) => recordings.update(tx, id, { folder: "" }));
      }
      for (const recording of await recordings.beingDeleted(database.read, folder)) await deleteFile(recording);
      for (const recording of await recordings.orphans(database.read, folder)) {
        await leaveOpen(recording.id);
        const found = await recordings.find(database.read, recording.id);
        // Another may have been faster.
        if (found?.instance !== recording.instance) continue;
        if (!(await database.write((tx) => recordings.adopt(tx, found, instances.id)))) continue;
        const running = recoverOne(recording).finally(() => closing.delete(recording.id));
        closing.set(recording.id, running);
        running.catch((error: unknown) =>
          log.warn({ err: error, recording_id: recording.id }, "recovering a recording is left to the next start"),
        );
      }
    },

    async letGoOfLost() {
      for (const id of live().recordingsHere()) {
        const recording = await recordings.find(database.read, id);
        const isOurs = recording?.instance === instances.id && isOpen(recording);
        if (!isOurs) await live().stopRecording(id);
      }
    },

    async storeProgress() {
      const here = live().recordingsHere();
      if (here.length === 0) return;
      await database.write(async (tx) => {
        for (const id of here) {
          const progress = live().recordingProgress(id);
          if (progress !== undefined) await recordings.progress(tx, id, progress);
        }
      });
    },
  };
}

function isOpen({ status }: StoredRecording): boolean {
  return status === RecordingStatus.RECORDING || status === RecordingStatus.PROCESSING;
}

function newRecording(
  stream: StoredStream,
  title: string,
  quality: StoredRecording["quality"],
  at: number,
  instance: InstanceId,
): StoredRecording {
  return {
    id: newId(),
    streamId: stream.id,
    streamerId: stream.streamerId,
    title: title === "" ? stream.title : title,
    quality,
    status: RecordingStatus.RECORDING,
    fileName: undefined,
    contentType: "",
    bytes: 0,
    durationMs: 0,
    peaks: [],
    startedAt: at,
    endedAt: undefined,
    error: "",
    instance,
    folder: "",
  };
}

function fileOf({
  fileName,
  contentType,
  quality,
}: Pick<StoredRecording, "fileName" | "contentType" | "quality">): RecordingFile | undefined {
  return fileName === undefined ? undefined : { fileName, contentType, quality };
}

function fileColumns(file: RecordingFile | undefined): Partial<RecordingFile> {
  return file === undefined ? {} : { fileName: file.fileName, contentType: file.contentType, quality: file.quality };
}

function failedResult(error: string): ClosedRecording {
  return { error, bytes: 0, durationMs: 0, peaks: [], file: undefined, isKept: false };
}

async function withinTime<Result>(work: Promise<Result>): Promise<Result | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), closingMs).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
