import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { MessageId } from "../../platform/ids.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { MessageModeration } from "../message-moderation.ts";
import type { ShowMessage } from "../message-view.ts";

export function messageModerationHandlers(needs: {
  moderation: MessageModeration;
  show: ShowMessage;
}): Partial<ServiceImpl<typeof ChatService>> {
  const { moderation, show } = needs;
  return {
    async moderateMessage({ messageId, action, reason, content }, context) {
      const message = await moderation.moderate(principalOf(context), {
        messageId: messageId as MessageId,
        action,
        reason,
        content,
      });
      return { message: show(message) };
    },
  };
}
