import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { PresenceSchema, PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { PresenceOfUsers, SeenPresence } from "../presence/index.ts";
import { userIdOf } from "./user-ids.ts";

export function presenceHandlers(presence: PresenceOfUsers): Partial<ServiceImpl<typeof ChatService>> {
  return {
    async getPresence({ userIds }, context) {
      const seen = await presence.of(principalOf(context), userIds.map(userIdOf));
      return { presences: seen.map(toPresence) };
    },
    async setStatus({ status: asked, statusText: text }, context) {
      const { userId, username } = principalOf(context);
      const status = asked === PresenceStatus.UNSPECIFIED ? PresenceStatus.ONLINE : asked;
      await presence.setStatus(userId, status, text);
      return { presence: toPresence({ userId, username, status, text, lastSeenAt: undefined }) };
    },
  };
}

function toPresence({ userId, username, status, text, lastSeenAt }: SeenPresence) {
  return create(PresenceSchema, {
    userId,
    username,
    status,
    statusText: text,
    ...(lastSeenAt !== undefined && { lastSeenAt: timestampFromMs(lastSeenAt) }),
  });
}
