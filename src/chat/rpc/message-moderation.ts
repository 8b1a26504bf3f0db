import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { MessageId } from "../../platform/ids.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { MessageModeration } from "../message-moderation.ts";
import { publicMessage } from "../message-view.ts";

export function messageModerationHandlers(moderation: MessageModeration): Partial<ServiceImpl<typeof ChatService>> {
  return {
    async moderateMessage({ messageId, action, reason, content }, context) {
      const message = await moderation.moderate(principalOf(context), {
        messageId: messageId as MessageId,
        action,
        reason,
        content,
      });
      return { message: publicMessage(message) };
    },
  };
}
