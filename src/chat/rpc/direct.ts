import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { MessageId, RoomId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { Blocks } from "../blocks.ts";
import type { Direct } from "../direct.ts";
import type { ShowMessage } from "../message-view.ts";
import type { OnlineUsers } from "../online.ts";
import { toConversation } from "./message-convert.ts";
import { userIdOf } from "./user-ids.ts";

export function directHandlers(needs: {
  direct: Direct;
  blocks: Blocks;
  online: OnlineUsers;
  show: ShowMessage;
}): Partial<ServiceImpl<typeof ChatService>> {
  const { direct, blocks, online, show } = needs;
  return {
    async sendDirectMessage({ recipientId, content, type, requestId, attachmentIds }, context) {
      const message = await direct.send(principalOf(context), {
        recipientId: userIdOf(recipientId),
        content,
        type,
        requestId,
        attachmentIds,
      });
      return { message: show(message) };
    },

    async getDirectMessages({ otherUserId, limit, beforeId }, context) {
      const page = await direct.history(principalOf(context).userId, userIdOf(otherUserId), {
        limit,
        beforeId: beforeId as MessageId | undefined,
      });
      return { messages: page.messages.map(show), hasMore: page.hasMore };
    },

    async listConversations(request, context) {
      const page = readPage(request, "conversations", ["number", "string"]);
      const { userId } = principalOf(context);
      const found = await direct.conversations(userId, {
        after: page.after && { lastUsedAt: page.after[0] as number, roomId: page.after[1] as RoomId },
        limit: page.size + 1,
      });
      const { items, nextPageToken } = cutPage(found, page, "conversations", ({ lastUsedAt, roomId }) => [
        lastUsedAt,
        roomId,
      ]);
      const others = items.flatMap(({ other }) => other?.userId ?? []);
      const there = await online.among(userId, others);
      return { conversations: items.map((conversation) => toConversation(conversation, there, show)), nextPageToken };
    },

    async blockUser({ userId }, context) {
      await blocks.block(principalOf(context).userId, userIdOf(userId));
      return {};
    },

    async unblockUser({ userId }, context) {
      await blocks.unblock(principalOf(context).userId, userIdOf(userId));
      return {};
    },
  };
}
