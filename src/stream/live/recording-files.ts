import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { Files, KeptFile } from "../../platform/files/files.ts";
import { isMissing } from "../../platform/files/missing.ts";
import { piecesOf } from "../../platform/files/pieces.ts";
import type { RecordingId } from "../../platform/ids.ts";
import type { RecordingFile } from "../live-port.ts";

/**
 * Recordings: one file each, named after its recording. While one is made it is in a folder of this machine, where it
 * outlives the process; after that it is kept where every instance can read it.
 */
export interface RecordingFiles {
  /** An id of the folder, the same for all who write to it. */
  id(): Promise<string>;
  pathOf(file: RecordingFile): string;
  /** Brings a file that is complete from the folder to where every instance can read it. */
  keep(file: RecordingFile): Promise<void>;
  /** Undefined when it is neither in the folder nor kept. */
  open(file: RecordingFile): Promise<KeptFile | undefined>;
  /** What there is of a recording, whatever was stored about it; undefined when nothing was ever written. */
  find(recordingId: RecordingId): Promise<{ readonly file: RecordingFile; readonly content: KeptFile } | undefined>;
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

export function createRecordingFiles(folder: string, files: Files): RecordingFiles {
  let id: Promise<string> | undefined;
  const pathOf = ({ fileName }: RecordingFile) => join(folder, basename(fileName));
  const keyOf = ({ fileName }: RecordingFile) => `recordings/${basename(fileName)}`;
  const openFile = async (file: RecordingFile) => (await openInFolder(pathOf(file))) ?? files.open(keyOf(file));

  return {
    id() {
      id ??= readOrMakeId(folder);
      return id;
    },
    pathOf,
    async keep(file) {
      try {
        await files.keep(keyOf(file), pathOf(file));
      } catch (error) {
        if (!isMissing(error)) throw error;
        // It may have been brought there before the process was killed that did it.
        await using there = await files.open(keyOf(file));
        if (there === undefined) throw error;
      }
    },
    open: openFile,
    async find(recordingId) {
      for (const form of forms) {
        const file = fileOf(recordingId, form, AudioQuality.AUTO);
        const content = await openFile(file);
        if (content !== undefined) return { file, content };
      }
      return undefined;
    },
    async remove(recordingId) {
      for (const form of forms) {
        const file = fileOf(recordingId, form, AudioQuality.AUTO);
        await rm(pathOf(file), { force: true });
        await files.remove(keyOf(file));
      }
    },
  };
}

async function openInFolder(path: string): Promise<KeptFile | undefined> {
  try {
    const file = await open(path, "r");
    const { size } = await file.stat();
    return {
      size,
      read: (from, to) => piecesOf(file, from, to),
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
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
