import { create } from "@bufbuild/protobuf";
import { type Conversation, ConversationSchema } from "#gen/veza/chat/v1/message_pb.ts";
import type { UserId } from "../../platform/ids.ts";
import type { ShowMessage } from "../message-view.ts";
import type { StoredConversation } from "../store/direct-store.ts";

export function toConversation(
  conversation: StoredConversation,
  online: ReadonlySet<UserId>,
  show: ShowMessage,
): Conversation {
  const { roomId, other, lastMessage, unread, isBlocked } = conversation;
  return create(ConversationSchema, {
    roomId,
    otherUserId: other?.userId ?? "0",
    otherUsername: other?.username ?? "",
    lastMessage: show(lastMessage),
    unread,
    isOnline: other !== undefined && online.has(other.userId),
    isBlocked,
  });
}
