import type { Client } from "@connectrpc/connect";
import { AuthPeerService } from "#gen/veza/internal/v1/auth_peer_service_pb.ts";
import type { UserId } from "../../platform/ids.ts";
import type { AuthPeer } from "../../platform/peers/peers.ts";
import { routes, type ServiceRoutes } from "../routes.ts";
import { roleFromMessage, roleToMessage } from "./roles.ts";

/** Auth's answers, for parts elsewhere. */
export function serveAuthPeer(peer: AuthPeer): ServiceRoutes {
  return routes(AuthPeerService, {
    async getAccounts({ userIds }) {
      const accounts = await peer.accounts(userIds as UserId[]);
      return { accounts: accounts.map((account) => ({ ...account, role: roleToMessage(account.role) })) };
    },
    async listErasures({ afterSequence }) {
      const erasures = await peer.erasedAfter(Number(afterSequence));
      return { erasures: erasures.map(({ sequence, userId }) => ({ sequence: BigInt(sequence), userId })) };
    },
    async welcomeVisitor({ userId, username, role }) {
      await peer.welcome({ userId: userId as UserId, username, role: roleFromMessage(role) });
      return {};
    },
  });
}

/** The same answers, asked for from another part. */
export function remoteAuthPeer(client: Client<typeof AuthPeerService>): AuthPeer {
  return {
    async accounts(ids) {
      const { accounts } = await client.getAccounts({ userIds: [...ids] });
      return accounts.map(({ id, username, role, isActive }) => ({
        id: id as UserId,
        username,
        role: roleFromMessage(role),
        isActive,
      }));
    },
    async erasedAfter(sequence) {
      const { erasures } = await client.listErasures({ afterSequence: BigInt(sequence) });
      return erasures.map((each) => ({ sequence: Number(each.sequence), userId: each.userId as UserId }));
    },
    async welcome({ userId, username, role }) {
      await client.welcomeVisitor({ userId, username, role: roleToMessage(role) });
    },
  };
}
