import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import { limits } from "../platform/limits.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { Changes } from "./changes.ts";
import type { RecordingRecovery } from "./recording-recovery.ts";
import type { HomeStore } from "./store/home-store.ts";
import type { ListenerStore } from "./store/listener-store.ts";
import type { StreamStore } from "./store/stream-store.ts";
import type { StreamTables } from "./tables.ts";
import { aboutStream } from "./write-keys.ts";

/** Takes care of what instances left behind that are gone. Every instance may do all of it at any time. */
export interface Orphans {
  /** Their streams wait for their sources elsewhere, their listeners are idle, their recordings are closed. */
  takeOver(): Promise<void>;
  /** Gives all sources that are waited for their time anew: nobody was there to whom they could have come. */
  waitAnew(): Promise<void>;
  /** Ends the streams whose source has not come back to any instance in time. Answers whether others still have time. */
  endOverdue(signal: AbortSignal): Promise<boolean>;
}

const atOnce = 100;

export function createOrphans(needs: {
  database: Database<StreamTables>;
  clock: Clock;
  streams: StreamStore;
  homes: HomeStore;
  listeners: ListenerStore;
  recovery: Pick<RecordingRecovery, "recover">;
  broadcasts: Pick<Broadcasts, "end">;
  changes: Changes;
}): Orphans {
  const { database, clock, streams, homes, listeners, recovery, broadcasts, changes } = needs;
  const returnUntil = () => clock.now() + limits.live.sourceReturnMs;

  return {
    async takeOver() {
      const homeless = await database.write(async (tx) => {
        await listeners.orphan(tx);
        return homes.orphan(tx, returnUntil());
      });
      for (const stream of await streams.findSome(database.read, homeless)) changes.changed(stream);
      await recovery.recover();
    },
    waitAnew: () => database.write((tx) => homes.waitAnew(tx, returnUntil())),
    async endOverdue(signal) {
      const waiting = await homes.waiting(database.read, atOnce);
      for (const overdue of waiting) {
        if (signal.aborted) break;
        if (overdue.sourceUntil > clock.now()) continue;
        const until = clock.now() + limits.stream.overdueClaimMs;
        const keys = [aboutStream(overdue.streamId)];
        if (!(await database.write((tx) => homes.claimOverdue(tx, overdue, until), { keys }))) continue;
        await broadcasts.end(overdue.streamId, "source gone");
      }
      return waiting.length > 0;
    },
  };
}
