import type { Principal } from "../platform/access/principal.ts";
import { Failure, Reason } from "../platform/failure.ts";
import type { RoomId, UserId } from "../platform/ids.ts";
import type { AccountFacts, AuthPeer, Permission, PermissionPeers } from "../platform/peers/peers.ts";
import { notYourAccount, userNotFound } from "./errors.ts";
import { isSelfOrAdmin } from "./permissions.ts";

/** Whose answer it is what a user may do with a thing of each kind. */
const resources = {
  "chat.room": ({ chat }: PermissionPeers, user: Asked, id: string) =>
    chat.roomPermissions(user.id, user.role, id as RoomId),
  "stream.channel": ({ stream }: PermissionPeers, user: Asked, id: string) =>
    stream.streamPermissions(user.id, user.role, id),
} as const;

type Asked = Pick<AccountFacts, "id" | "role">;
export type Resource = keyof typeof resources;

const hiddenReasons: ReadonlySet<Reason> = new Set([Reason.ROOM_NOT_FOUND, Reason.STREAM_NOT_FOUND]);

export interface PermissionCheck {
  /**
   * Every action that the user may take. Throws NOT_YOUR_ACCOUNT or USER_NOT_FOUND; ROOM_NOT_FOUND or STREAM_NOT_FOUND
   * only to who asks about themselves: for an administrator, what a user may not see is what the user may do nothing with.
   */
  permissionsOf(principal: Principal, userId: UserId, resource: Resource, resourceId: string): Promise<Permission[]>;
}

export function createPermissionCheck(needs: {
  accounts: AuthPeer["accounts"];
  peers: () => PermissionPeers;
}): PermissionCheck {
  const { accounts, peers } = needs;
  return {
    async permissionsOf(principal, userId, resource, resourceId) {
      if (!isSelfOrAdmin(principal, userId)) throw notYourAccount();
      const ask = resources[resource];
      if (principal.userId === userId) return ask(peers(), { id: userId, role: principal.role }, resourceId);

      const [account] = await accounts([userId]);
      if (account === undefined) throw userNotFound();
      if (!account.isActive) return [];
      try {
        return await ask(peers(), account, resourceId);
      } catch (error) {
        if (error instanceof Failure && hiddenReasons.has(error.reason)) return [];
        throw error;
      }
    },
  };
}
