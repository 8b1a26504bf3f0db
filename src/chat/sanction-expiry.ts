import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { ChatWrites } from "./events/event-log.ts";
import { sanctionLifted } from "./facts.ts";
import { roomKey } from "./keys.ts";
import { holds, type SanctionStore } from "./store/sanction-store.ts";
import type { ChatTables } from "./tables.ts";

const liftedAtOnce = 100;

/**
 * Lifts sanctions that ran out, and tells the rooms. They stopped holding by themselves: this is for those who watch.
 * Each is a write of its own, so that no other write waits for long.
 */
export async function liftSanctionsThatRanOut(
  needs: { database: Database<ChatTables>; writes: ChatWrites; clock: Clock; sanctions: SanctionStore },
  signal: AbortSignal,
): Promise<void> {
  const { database, writes, clock, sanctions } = needs;
  const over = await sanctions.ranOut(database.read, clock.now(), liftedAtOnce);
  for (const { roomId, userId, kind } of over) {
    if (signal.aborted) return;
    await writes.about([roomKey(roomId)], async ({ tx, append }) => {
      const at = clock.now();
      // A moderator may have replaced or lifted it meanwhile.
      const sanction = await sanctions.find(tx, roomId, userId, kind);
      if (sanction === undefined || holds(sanction, at)) return;
      await sanctions.remove(tx, sanction.id);
      await append({ roomId, at, payload: sanctionLifted(sanction) });
    });
  }
}
