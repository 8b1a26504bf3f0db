import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import {
  type AuditedAct as ActMessage,
  AuthPeerService,
  type Revocation as RevocationMessage,
  type RevocationSchema,
} from "#gen/veza/internal/v1/auth_peer_service_pb.ts";
import type { Revocation } from "../../platform/access/revocations.ts";
import type { RoomId, SessionId, StreamId, UserId } from "../../platform/ids.ts";
import type { AuditedAct, AuthPeer } from "../../platform/peers/peers.ts";
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
    async listRevocations({ since, after }) {
      const at = since === undefined ? 0 : timestampMs(since);
      const { revocations, next = "" } = await peer.revokedSince(at, after === "" ? undefined : after);
      return { revocations: revocations.map(revocationToMessage), next };
    },
    async addAudits({ acts }) {
      await peer.addAudits(acts.map(actFromMessage));
      return {};
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
    async revokedSince(at, after = "") {
      const { revocations, next } = await client.listRevocations({ since: timestampFromMs(at), after });
      return { revocations: revocations.flatMap(revocationFromMessage), ...(next !== "" && { next }) };
    },
    async addAudits(acts) {
      await client.addAudits({ acts: acts.map(({ at, ...act }) => ({ ...act, at: timestampFromMs(at) })) });
    },
    async welcome({ userId, username, role }) {
      await client.welcomeVisitor({ userId, username, role: roleToMessage(role) });
    },
  };
}

function revocationToMessage(revocation: Revocation): MessageInitShape<typeof RevocationSchema> {
  const subject =
    "sessionId" in revocation
      ? ({ case: "sessionId", value: revocation.sessionId } as const)
      : ({ case: "userId", value: revocation.userId } as const);
  return { subject, at: timestampFromMs(revocation.at) };
}

function actFromMessage({ at, actorId, targetUserId, targetStreamId, targetRoomId, ...act }: ActMessage): AuditedAct {
  return {
    id: act.id,
    at: at === undefined ? 0 : timestampMs(at),
    actorId: actorId as UserId,
    action: act.action,
    targetUserId: targetUserId as UserId,
    ...(targetStreamId !== "" && { targetStreamId: targetStreamId as StreamId }),
    ...(targetRoomId !== "" && { targetRoomId: targetRoomId as RoomId }),
    details: act.details,
  };
}

/** None for what this process, being older than the other, does not know. */
function revocationFromMessage({ subject, at }: RevocationMessage): Revocation[] {
  const time = at === undefined ? 0 : timestampMs(at);
  switch (subject.case) {
    case "sessionId":
      return [{ sessionId: subject.value as SessionId, at: time }];
    case "userId":
      return [{ userId: subject.value as UserId, at: time }];
    default:
      return [];
  }
}
