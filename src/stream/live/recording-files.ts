import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { isMissing } from "../../platform/files/missing.ts";
import type { RecordingId } from "../../platform/ids.ts";
import type { RecordingFile } from "../live-port.ts";

/** The folder of recordings: one file each, named after its recording. */
export interface RecordingFiles {
  /** An id of the folder, the same for all who write to it. */
  id(): Promise<string>;
  pathOf(file: RecordingFile): string;
  /** What there is of a recording, whatever was stored about it; undefined when nothing was ever written. */
  find(recordingId: RecordingId): Promise<{ readonly file: RecordingFile; readonly bytes: number } | undefined>;
  /** Deletes a recording; one that is gone already is no failure. */
  remove(recordingId: RecordingId): Promise<void>;
}

/** The forms that recordings are kept in. */
export type RecordingForm = "ogg" | "mp3";

const contentTypes: Readonly<Record<RecordingForm, string>> = { ogg: "audio/ogg", mp3: "audio/mpeg" };
const forms = Object.keys(contentTypes) as RecordingForm[];

export function fileOf(
  recordingId: RecordingId,
  form: RecordingForm,
  quality: RecordingFile["quality"],
): RecordingFile {
  return { fileName: `${recordingId}.${form}`, contentType: contentTypes[form], quality };
}

export function createRecordingFiles(folder: string): RecordingFiles {
  let id: Promise<string> | undefined;
  return {
    id() {
      id ??= readOrMakeId(folder);
      return id;
    },
    pathOf: ({ fileName }) => join(folder, basename(fileName)),
    async find(recordingId) {
      for (const form of forms) {
        const file = fileOf(recordingId, form, AudioQuality.AUTO);
        try {
          const { size } = await stat(join(folder, file.fileName));
          return { file, bytes: size };
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      }
      return undefined;
    },
    async remove(recordingId) {
      for (const form of forms) await rm(join(folder, `${recordingId}.${form}`), { force: true });
    },
  };
}

/** Whoever comes first gives the folder its id. */
async function readOrMakeId(folder: string): Promise<string> {
  const path = join(folder, ".id");
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `.id-${randomUUID()}`);
  // Under its name it is there as a whole or not at all.
  await writeFile(draft, randomUUID());
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(path, "utf8");
}
