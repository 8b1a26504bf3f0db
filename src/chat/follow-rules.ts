import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import { Failure, Reason } from "../platform/failure.ts";
import type { RoomId } from "../platform/ids.ts";
import { type Caller, loadAccess, requireRead } from "./access.ts";
import { roomNotReadable } from "./errors.ts";
import type { FollowRules } from "./events/index.ts";
import type { DirectStore } from "./store/direct-store.ts";
import type { ChatTables } from "./tables.ts";

/** Who may read a room may follow it. */
export function createFollowRules(needs: {
  database: Database<ChatTables>;
  clock: Clock;
  directs: Pick<DirectStore, "blockedBy">;
}): FollowRules {
  const { database, clock, directs } = needs;

  async function isReadable(caller: Caller, roomId: RoomId): Promise<boolean> {
    try {
      requireRead(await loadAccess(database.read, caller, roomId, clock.now()));
      return true;
    } catch (error) {
      // A store that does not answer says nothing of who may read what.
      if (error instanceof Failure && error.reason !== Reason.UNAVAILABLE) return false;
      throw error;
    }
  }

  return {
    async requireReadable(caller, roomIds) {
      for (const roomId of roomIds) if (!(await isReadable(caller, roomId))) throw roomNotReadable();
    },
    async stillReadable(caller, roomIds) {
      const readable = new Set<RoomId>();
      for (const roomId of roomIds) if (await isReadable(caller, roomId)) readable.add(roomId);
      return readable;
    },
    blockedBy: async (userId) => (await directs.blockedBy(database.read, [userId])).get(userId) ?? [],
  };
}
