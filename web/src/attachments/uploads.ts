import { signal } from "@preact/signals";
import { type Problem, problemOf } from "../../../src/client/index.ts";
import { newRequestId } from "../text/request-id.ts";
import { type SentFile, sendFile, UploadError } from "./send-file.ts";

export type { SentFile } from "./send-file.ts";

/** A file that goes with the next message of a place. */
export interface Upload {
  readonly id: string;
  readonly place: string;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly type: string;
  /** An address of the picture itself, for what is one. */
  readonly preview: string | undefined;
  readonly state: "sending" | "sent" | "failed";
  /** How much of it has gone, from 0 to 1. */
  readonly progress: number;
  readonly problem?: Problem;
  readonly sent?: SentFile;
}

export type Uploads = ReturnType<typeof createUploads>;

/** As the contract limits a message. */
export const MOST_FILES = 10;
const AT_ONCE = 2;

/** Files on their way to the service, before the message that they belong to. */
export function createUploads(needs: { accessToken: () => Promise<string | undefined>; closing: AbortSignal }) {
  const uploads = signal<readonly Upload[]>([]);
  const files = new Map<string, File>();
  const running = new Map<string, AbortController>();

  function change(id: string, changes: Partial<Upload>): void {
    uploads.value = uploads.peek().map((upload) => (upload.id === id ? { ...upload, ...changes } : upload));
  }

  function next(): void {
    for (const { id, state } of uploads.peek()) {
      if (running.size >= AT_ONCE) return;
      if (state === "sending" && !running.has(id)) void work(id);
    }
  }

  async function work(id: string): Promise<void> {
    const file = files.get(id);
    if (file === undefined) return;
    const stop = new AbortController();
    running.set(id, stop);
    try {
      const sent = await sendFile({
        file,
        accessToken: await needs.accessToken(),
        signal: AbortSignal.any([stop.signal, needs.closing]),
        onProgress: (progress) => change(id, { progress }),
      });
      change(id, { state: "sent", progress: 1, sent });
    } catch (thrown) {
      const problem = thrown instanceof UploadError ? thrown.problem : problemOf(thrown);
      if (!stop.signal.aborted) change(id, { state: "failed", problem });
    } finally {
      running.delete(id);
      next();
    }
  }

  function forget({ id, preview }: Upload): void {
    running.get(id)?.abort();
    files.delete(id);
    if (preview !== undefined) URL.revokeObjectURL(preview);
  }

  function remove(gone: readonly Upload[]): void {
    uploads.value = uploads.peek().filter((upload) => !gone.includes(upload));
    gone.forEach(forget);
    next();
  }

  return {
    of: (place: string): readonly Upload[] => uploads.value.filter((upload) => upload.place === place),

    /** Begins to send files. Answers how many more there were than one message may hold. */
    add(place: string, added: readonly File[]): number {
      const free = MOST_FILES - uploads.peek().filter((upload) => upload.place === place).length;
      const taken = added.slice(0, Math.max(0, free));
      const begun = taken.map((file): Upload => {
        const id = newRequestId();
        files.set(id, file);
        const preview = file.type.startsWith("image/") ? URL.createObjectURL(file) : undefined;
        const { name, size, type } = file;
        return { id, place, name, size, type, preview, state: "sending", progress: 0 };
      });
      uploads.value = [...uploads.peek(), ...begun];
      next();
      return added.length - taken.length;
    },

    retry({ id }: Upload): void {
      change(id, { state: "sending", progress: 0 });
      next();
    },

    remove: (upload: Upload): void => remove([upload]),

    /** Takes what was sent for a place: it goes with the message now. */
    take(place: string): readonly SentFile[] {
      const ready = uploads.peek().filter((upload) => upload.place === place && upload.state === "sent");
      remove(ready);
      return ready.flatMap(({ sent }) => sent ?? []);
    },
  };
}
