import type { AccountRole, Principal } from "../platform/access/principal.ts";
import type { StreamId, UserId } from "../platform/ids.ts";
import type { AuthPeer, Permission, StreamPeer } from "../platform/peers/peers.ts";
import { type Access, permissionsOf } from "./access.ts";
import { adminOnly, userNotFound } from "./errors.ts";

/** Says what users may do with a stream, to other services and to those who may ask. */
export interface AccessChecks extends StreamPeer {
  /** What a user may do with a stream. Throws ADMIN_ONLY when it is not the caller's own user, and no administrator asks. */
  check(caller: Principal, userId: UserId, streamId: StreamId): Promise<Permission[]>;
}

export function createAccessChecks(needs: { access: Access; auth: () => AuthPeer }): AccessChecks {
  const { access, auth } = needs;

  async function streamPermissions(userId: UserId, role: AccountRole, streamId: string): Promise<Permission[]> {
    return permissionsOf(await access.load({ userId, role }, streamId as StreamId));
  }

  return {
    streamPermissions,
    async check(caller, userId, streamId) {
      if (userId === caller.userId) return streamPermissions(userId, caller.role, streamId);
      if (caller.role !== "admin") throw adminOnly();
      const [account] = await auth().accounts([userId]);
      if (account === undefined) throw userNotFound();
      return streamPermissions(userId, account.role, streamId);
    },
  };
}
