import type { AccountRole, Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { RoomId, UserId } from "../platform/ids.ts";
import type { AuthPeer, ChatPeer, Permission } from "../platform/peers/peers.ts";
import { loadAccess, permissionsOf } from "./access.ts";
import { reachFault } from "./direct-reach.ts";
import { adminOnly, userNotFound } from "./errors.ts";
import type { DirectStore } from "./store/direct-store.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { ChatTables } from "./tables.ts";

/** Says what users may do with a room, to other services and to those who may ask. */
export interface AccessChecks extends Pick<ChatPeer, "roomPermissions"> {
  /** What a user may do with a room. Throws ADMIN_ONLY when it is not the caller's own user, and no administrator asks. */
  check(caller: Principal, userId: UserId, roomId: RoomId): Promise<Permission[]>;
}

export function createAccessChecks(needs: {
  database: Database<ChatTables>;
  clock: Clock;
  members: MemberStore;
  directs: DirectStore;
  auth: () => AuthPeer;
}): AccessChecks {
  const { database, clock, members, directs, auth } = needs;

  async function roomPermissions(userId: UserId, role: AccountRole, roomId: RoomId): Promise<Permission[]> {
    const access = await loadAccess(database.read, { userId, role }, roomId, clock.now());
    const permissions = permissionsOf(access);
    if ((await reachFault(database.read, { members, directs }, access.room, userId)) === undefined) return permissions;
    return permissions.filter((permission) => permission !== "write");
  }

  return {
    roomPermissions,
    async check(caller, userId, roomId) {
      if (userId === caller.userId) return roomPermissions(userId, caller.role, roomId);
      if (caller.role !== "admin") throw adminOnly();
      const [account] = await auth().accounts([userId]);
      if (account === undefined) throw userNotFound();
      return roomPermissions(userId, account.role, roomId);
    },
  };
}
