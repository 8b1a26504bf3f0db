import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { limits } from "../../platform/limits.ts";

/**
 * A file that only grows. What was added is handed to the system at once, so that it outlives this process, and is
 * brought to the disk right behind, so that it outlives the machine. Nothing here waits for the disk.
 */
export interface AppendFile {
  /** What was added; once writing failed, what is in the file. */
  readonly bytes: number;
  add(bytes: Uint8Array): void;
  /** Resolves once everything is on the disk and the file is closed. Rejects with what went wrong. */
  close(): Promise<void>;
}

/** `onFailed` is called once when writing fails; what is added after that is dropped. */
export function createAppendFile(path: string, onFailed: (error: unknown) => void): AppendFile {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let bytes = 0;
  let written = 0;
  let failure: { readonly error: unknown } | undefined;
  let file: FileHandle | undefined;
  let writing: Promise<void> | undefined;
  let syncing: Promise<void> | undefined;
  let isDirty = false;

  function fail(error: unknown): void {
    if (failure !== undefined) return;
    failure = { error };
    waiting = [];
    waitingBytes = 0;
    onFailed(error);
  }

  async function writeAll(): Promise<void> {
    if (file === undefined) {
      await mkdir(dirname(path), { recursive: true });
      file = await open(path, "a");
    }
    while (waiting.length > 0) {
      const pieces = waiting;
      waiting = [];
      waitingBytes = 0;
      await writeWhole(file, Buffer.concat(pieces));
      isDirty = true;
      syncing ??= sync(file);
    }
  }

  /** A disk that is nearly full takes a part, and says what is wrong only to who comes with the rest. */
  async function writeWhole(handle: FileHandle, all: Uint8Array): Promise<void> {
    for (let at = 0; at < all.length; ) {
      const { bytesWritten } = await handle.write(all, at);
      at += bytesWritten;
      written += bytesWritten;
    }
  }

  async function sync(handle: FileHandle): Promise<void> {
    try {
      while (isDirty && failure === undefined) {
        isDirty = false;
        await handle.datasync();
      }
    } catch (error) {
      fail(error);
    } finally {
      syncing = undefined;
    }
  }

  return {
    get bytes() {
      return failure === undefined ? bytes : written;
    },
    add(more) {
      if (failure !== undefined) return;
      waiting.push(more);
      waitingBytes += more.length;
      bytes += more.length;
      if (waitingBytes > limits.live.recorderBytes) return fail(new Error("the disk is too slow for the recording"));
      writing ??= writeAll()
        .catch(fail)
        .finally(() => {
          writing = undefined;
        });
    },
    async close() {
      // What is added while it is written starts no write of its own.
      while (writing !== undefined) await writing;
      while (syncing !== undefined) await syncing;
      try {
        await file?.close();
      } catch (error) {
        fail(error);
      }
      if (failure !== undefined) throw failure.error;
    },
  };
}
