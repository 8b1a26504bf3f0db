import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { MessageId, RoomId } from "../../platform/ids.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { ShowMessage } from "../message-view.ts";
import type { Pins } from "../pins.ts";

export function pinHandlers(needs: { pins: Pins; show: ShowMessage }): Partial<ServiceImpl<typeof ChatService>> {
  const { pins, show } = needs;
  return {
    async pinMessage({ messageId }, context) {
      return { message: show(await pins.pin(principalOf(context), messageId as MessageId)) };
    },
    async unpinMessage({ messageId }, context) {
      return { message: show(await pins.unpin(principalOf(context), messageId as MessageId)) };
    },
    async listPinnedMessages({ roomId }, context) {
      const messages = await pins.list(principalOf(context), roomId as RoomId);
      return { messages: messages.map(show) };
    },
  };
}
