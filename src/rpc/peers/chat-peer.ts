import type { Client } from "@connectrpc/connect";
import { ChatPeerService, StreamRoomOpenness as OpennessMessage } from "#gen/veza/internal/v1/chat_peer_service_pb.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { ChatPeer, Permission, StreamRoomOpenness } from "../../platform/peers/peers.ts";
import { routes, type ServiceRoutes } from "../routes.ts";
import { roleFromMessage, roleToMessage } from "./roles.ts";

const opennessMessages: Readonly<Record<StreamRoomOpenness, OpennessMessage>> = {
  open: OpennessMessage.OPEN,
  hidden: OpennessMessage.HIDDEN,
  private: OpennessMessage.PRIVATE,
};

/** What is not known here is the least open: a part of the next version may know more. */
function opennessFrom(message: OpennessMessage): StreamRoomOpenness {
  const names = Object.keys(opennessMessages) as StreamRoomOpenness[];
  return names.find((name) => opennessMessages[name] === message) ?? "private";
}

/** Chat's answers, for parts elsewhere. */
export function serveChatPeer(peer: ChatPeer): ServiceRoutes {
  return routes(ChatPeerService, {
    async getRoomPermissions({ userId, role, roomId }) {
      return {
        permissions: await peer.roomPermissions(userId as UserId, roleFromMessage(role), roomId as RoomId),
      };
    },
    async getRoomMembership({ userId, roomId }) {
      return { isMember: await peer.isRoomMember(userId as UserId, roomId as RoomId) };
    },
    async createStreamRoom({ ownerId, ownerUsername, title, openness, requestId }) {
      const owner = { userId: ownerId as UserId, username: ownerUsername };
      return { roomId: await peer.createStreamRoom(owner, title, opennessFrom(openness), requestId) };
    },
    async setStreamRoomOpenness({ roomId, openness }) {
      await peer.setStreamRoomOpenness(roomId as RoomId, opennessFrom(openness));
      return {};
    },
    async archiveStreamRoom({ roomId }) {
      await peer.archiveStreamRoom(roomId as RoomId);
      return {};
    },
  });
}

/** The same answers, asked for from another part. */
export function remoteChatPeer(client: Client<typeof ChatPeerService>): ChatPeer {
  return {
    async roomPermissions(userId, role, roomId) {
      const { permissions } = await client.getRoomPermissions({ userId, role: roleToMessage(role), roomId });
      return permissions as Permission[];
    },
    async isRoomMember(userId, roomId) {
      const { isMember } = await client.getRoomMembership({ userId, roomId });
      return isMember;
    },
    async createStreamRoom({ userId, username }, title, openness, requestId) {
      const owner = { ownerId: userId, ownerUsername: username };
      const asked = { ...owner, title, openness: opennessMessages[openness], requestId };
      const { roomId } = await client.createStreamRoom(asked);
      return roomId as RoomId;
    },
    async setStreamRoomOpenness(roomId, openness) {
      await client.setStreamRoomOpenness({ roomId, openness: opennessMessages[openness] });
    },
    async archiveStreamRoom(roomId) {
      await client.archiveStreamRoom({ roomId });
    },
  };
}
