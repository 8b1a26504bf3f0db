import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { RoomId } from "../../platform/ids.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { Typing } from "../typing.ts";

export function typingHandlers(typing: Typing): Partial<ServiceImpl<typeof ChatService>> {
  return {
    async setTyping({ roomId, isTyping }, context) {
      await typing.set(principalOf(context), roomId as RoomId, isTyping);
      return {};
    },
  };
}
