import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import { Failure, Reason } from "../platform/failure.ts";
import type { Log } from "../platform/log.ts";
import type { Instances } from "./instances.ts";
import type { LivePort } from "./live-port.ts";
import { failedResult, type RecordingEnds } from "./recording-ends.ts";
import type { RecordingStore, StoredRecording } from "./store/recording-store.ts";
import { fileOf, isOpen } from "./stored-recording.ts";
import type { StreamTables } from "./tables.ts";

/** What is done for recordings without being asked, so that none is lost with the process that makes it. */
export interface RecordingRecovery {
  /**
   * Closes what instances left open that are gone, brings files to where all read them that could not be, and deletes what
   * was being deleted, as far as the files can be reached here. Reading the files takes its time, and goes on after this
   * resolves.
   */
  recover(): Promise<void>;
  /** Ends what is recorded here and was taken over by another instance, while this one was taken for gone. */
  letGoOfLost(): Promise<void>;
  /** Stores how far what is recorded here is. */
  storeProgress(): Promise<void>;
  /** Deletes the file of one that is marked as deleted, and then its row; a file in another folder is left to those who have that. */
  deleteFile(recording: StoredRecording): Promise<void>;
}

export function createRecordingRecovery(needs: {
  database: Database<StreamTables>;
  clock: Clock;
  log: Log;
  recordings: RecordingStore;
  instances: Pick<Instances, "id">;
  ends: RecordingEnds;
  live: () => LivePort;
}): RecordingRecovery {
  const { database, clock, log, recordings, instances, ends, live } = needs;

  /** Rejects when the process stops before the file was read to its end: then it stays as it is. */
  async function recoverOne(recording: StoredRecording): Promise<StoredRecording | undefined> {
    const result = await live()
      .recoverRecording(recording.id, fileOf(recording))
      .catch((error: unknown) => {
        if (error instanceof Failure && error.reason === Reason.UNAVAILABLE) throw error;
        log.error({ err: error, recording_id: recording.id }, "a recording could not be recovered");
        return failedResult("the service stopped while this was recorded, and the file cannot be read");
      });
    return ends.finish(
      recording.id,
      result,
      Math.min(clock.now(), recording.startedAt + Math.round(result.durationMs)),
    );
  }

  async function deleteFile(recording: StoredRecording): Promise<void> {
    await live().deleteRecording(recording.id, fileOf(recording));
    await database.write((tx) => recordings.remove(tx, recording.id));
  }

  return {
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
        await ends.leaveOpen(recording.id);
        const found = await recordings.find(database.read, recording.id);
        // Another may have been faster.
        if (found?.instance !== recording.instance) continue;
        if (!(await database.write((tx) => recordings.adopt(tx, found, instances.id)))) continue;
        ends
          .closes(recording.id, recoverOne(recording))
          .catch((error: unknown) =>
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

    async deleteFile(recording) {
      const folder = await live().folder();
      if (recording.folder === "" || recording.folder === folder) await deleteFile(recording);
    },
  };
}
