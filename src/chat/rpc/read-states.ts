import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { RoomId } from "../../platform/ids.ts";
import { principalOf } from "../../rpc/principal.ts";
import { publicUnread } from "../public-view.ts";
import type { ReadStates } from "../read-states.ts";

export function readStateHandlers(needs: { readStates: ReadStates }): Partial<ServiceImpl<typeof ChatService>> {
  const { readStates } = needs;
  return {
    async markRead({ roomId, sequence }, context) {
      await readStates.mark(principalOf(context), roomId as RoomId, Number(sequence));
      return {};
    },
    async getUnreadCounts(_request, context) {
      return { counts: (await readStates.counts(principalOf(context).userId)).map(publicUnread) };
    },
  };
}
