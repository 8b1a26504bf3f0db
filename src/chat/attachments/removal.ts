import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { Files } from "../../platform/files/files.ts";
import { limits } from "../../platform/limits.ts";
import type { AttachmentStore } from "../store/attachment-store.ts";
import type { ChatTables } from "../tables.ts";
import { keysOf } from "./attachments.ts";

/**
 * Removes the files of uploads that were dropped, or that no message came for. The row goes last: what an interruption
 * left undone is done the next time.
 */
export async function removeDueFiles(
  needs: { database: Database<ChatTables>; clock: Clock; files: Files; attachments: AttachmentStore },
  signal: AbortSignal,
): Promise<void> {
  const { database, clock, files, attachments } = needs;
  const { removedAtOnce: limit, incomingMs } = limits.files;
  let more = true;
  while (more && !signal.aborted) {
    const at = clock.now();
    const due = await database.write((tx) => attachments.takeDue(tx, { at, begunBefore: at - incomingMs, limit }));
    if (due.length === 0) return;
    for (const key of due.flatMap(keysOf)) await files.remove(key);
    await database.write((tx) => attachments.forget(tx, due));
    more = due.length === limit;
  }
}
