import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { MessageId } from "../../platform/ids.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { ShowMessage } from "../message-view.ts";
import type { Reactions } from "../reactions.ts";

export function reactionHandlers(needs: {
  reactions: Reactions;
  show: ShowMessage;
}): Partial<ServiceImpl<typeof ChatService>> {
  const { reactions, show } = needs;
  return {
    async addReaction({ messageId, emoji }, context) {
      const message = await reactions.add(principalOf(context), messageId as MessageId, emoji);
      return { message: show(message) };
    },
    async removeReaction({ messageId, emoji }, context) {
      const message = await reactions.remove(principalOf(context), messageId as MessageId, emoji);
      return { message: show(message) };
    },
  };
}
