import { constants, copyFile, type FileHandle, mkdir, open, opendir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { newId } from "../ids.ts";
import { checkedKey, type FileKey, type Files, type KeptFile } from "./files.ts";
import { createIncoming } from "./incoming.ts";
import { isMissing } from "./missing.ts";
import { piecesOf } from "./pieces.ts";

/** Files in a directory, which several instances may share. */
export function createLocalFiles(directory: string): Files {
  const incoming = join(directory, "incoming");
  const pathOf = (key: FileKey) => join(directory, checkedKey(key));

  return {
    ...createIncoming(incoming),
    async keep(key, path) {
      const to = pathOf(key);
      await mkdir(dirname(to), { recursive: true });
      await move(path, to, incoming);
      // The name is on the disk too, before anyone hears of it.
      await sync(dirname(to));
    },
    async open(key) {
      const file = await openFile(pathOf(key));
      return file && keptFile(file, (await file.stat()).size);
    },
    remove: (key) => rm(pathOf(key), { force: true }),
    async *keptBefore(folder, at) {
      const names = await opendir(join(directory, folder)).catch(nothingWhenMissing);
      for await (const { name } of names ?? []) {
        const found = await stat(join(directory, folder, name)).catch(nothingWhenMissing);
        if (found !== undefined && found.mtimeMs < at) yield `${folder}/${name}`;
      }
    },
  };
}

function keptFile(file: FileHandle, size: number): KeptFile {
  return {
    size,
    read: (from, to) => piecesOf(file, from, to),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** Never half a file under its name: from another disk, it comes by way of the folder of what is coming in. */
async function move(from: string, to: string, incoming: string): Promise<void> {
  try {
    await sync(from);
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    await mkdir(incoming, { recursive: true });
    const copy = join(incoming, newId());
    await copyFile(from, copy, constants.COPYFILE_EXCL);
    await sync(copy);
    await rename(copy, to);
    await rm(from);
  }
}

async function sync(path: string): Promise<void> {
  await using file = await open(path, "r");
  await file.sync();
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  return open(path, "r").catch(nothingWhenMissing);
}

function nothingWhenMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined;
  throw error;
}
