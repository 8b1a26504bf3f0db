import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { Files } from "../../platform/files/files.ts";
import type { AttachmentId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import type { AttachmentStore } from "../store/attachment-store.ts";
import type { ChatTables } from "../tables.ts";
import { keysOf } from "./attachments.ts";

/**
 * Removes the files of uploads that were dropped, or that no message came for. The row goes last: what an interruption
 * left undone is done the next time. What cannot be removed holds up nothing else, and is tried again later.
 */
export async function removeDueFiles(
  needs: { database: Database<ChatTables>; clock: Clock; log: Log; files: Files; attachments: AttachmentStore },
  signal: AbortSignal,
): Promise<void> {
  const { database, clock, log, files, attachments } = needs;
  const { removedAtOnce: limit, incomingMs, removalRetryMs } = limits.files;
  /** Rows by themselves: who attaches a file at the same time is first, or finds it taken. */
  const rows = { keys: [] };
  let more = true;
  while (more && !signal.aborted) {
    const at = clock.now();
    const due = await database.write(
      (tx) => attachments.takeDue(tx, { at, begunBefore: at - incomingMs, limit }),
      rows,
    );
    const { gone, left, errors } = await removeAll(files, due, signal);
    if (gone.length > 0) await database.write((tx) => attachments.forget(tx, gone), rows);
    if (left.length > 0) {
      log.warn({ err: errors[0], files: left.length }, "files cannot be removed, and will be tried again");
      await database.write((tx) => attachments.defer(tx, left, at + removalRetryMs), rows);
    }
    more = due.length === limit;
  }
}

async function removeAll(files: Files, ids: readonly AttachmentId[], signal: AbortSignal) {
  const outcome = { gone: [] as AttachmentId[], left: [] as AttachmentId[], errors: [] as unknown[] };
  for (const id of ids) {
    if (signal.aborted) break;
    try {
      for (const key of keysOf(id)) await files.remove(key);
      outcome.gone.push(id);
    } catch (error) {
      outcome.left.push(id);
      outcome.errors.push(error);
    }
  }
  return outcome;
}
