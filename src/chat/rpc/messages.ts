import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { MessageId, RoomId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { ShowMessage } from "../message-view.ts";
import type { Messages } from "../messages.ts";

export function messageHandlers(needs: {
  messages: Messages;
  show: ShowMessage;
}): Partial<ServiceImpl<typeof ChatService>> {
  const { messages, show } = needs;
  return {
    async sendMessage(request, context) {
      const message = await messages.send(principalOf(context), {
        roomId: request.roomId as RoomId,
        content: request.content,
        type: request.type,
        replyTo: request.replyTo as MessageId | undefined,
        requestId: request.requestId,
        attachmentIds: request.attachmentIds,
      });
      return { message: show(message) };
    },

    async editMessage({ messageId, content }, context) {
      const message = await messages.edit(principalOf(context), messageId as MessageId, content);
      return { message: show(message) };
    },

    async deleteMessage({ messageId }, context) {
      await messages.delete(principalOf(context), messageId as MessageId);
      return {};
    },

    async getMessageHistory({ roomId, limit, beforeId, afterId }, context) {
      const page = await messages.history(principalOf(context), {
        roomId: roomId as RoomId,
        limit,
        beforeId: beforeId as MessageId | undefined,
        afterId: afterId as MessageId | undefined,
      });
      return { messages: page.messages.map(show), hasMore: page.hasMore };
    },

    async getThread(request, context) {
      const list = `thread ${request.messageId}`;
      const page = readPage(request, list, ["number"]);
      const found = await messages.thread(principalOf(context), request.messageId as MessageId, {
        after: page.after && (page.after[0] as number),
        limit: page.size + 1,
      });
      const { items, nextPageToken } = cutPage(found, page, list, ({ sequence }) => [sequence]);
      return { messages: items.map(show), nextPageToken };
    },
  };
}
