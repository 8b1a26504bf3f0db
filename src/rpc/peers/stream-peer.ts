import type { Client } from "@connectrpc/connect";
import { StreamPeerService } from "#gen/veza/internal/v1/stream_peer_service_pb.ts";
import type { UserId } from "../../platform/ids.ts";
import type { Permission, StreamPeer } from "../../platform/peers/peers.ts";
import { routes, type ServiceRoutes } from "../routes.ts";
import { roleFromMessage, roleToMessage } from "./roles.ts";

/** Stream's answers, for parts elsewhere. */
export function serveStreamPeer(peer: StreamPeer): ServiceRoutes {
  return routes(StreamPeerService, {
    async getStreamPermissions({ userId, role, streamId }) {
      return { permissions: await peer.streamPermissions(userId as UserId, roleFromMessage(role), streamId) };
    },
  });
}

/** The same answers, asked for from another part. */
export function remoteStreamPeer(client: Client<typeof StreamPeerService>): StreamPeer {
  return {
    async streamPermissions(userId, role, streamId) {
      const { permissions } = await client.getStreamPermissions({ userId, role: roleToMessage(role), streamId });
      return permissions as Permission[];
    },
  };
}
