import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { RoomId } from "../../platform/ids.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { Statistics } from "../statistics.ts";
import { toActivity, toRoomStats } from "./convert.ts";
import { userOrCaller } from "./user-ids.ts";

export function statisticsHandlers(needs: { statistics: Statistics }): Partial<ServiceImpl<typeof ChatService>> {
  const { statistics } = needs;
  return {
    async getRoomStats({ roomId }, context) {
      const numbers = await statistics.ofRoom(principalOf(context), roomId as RoomId);
      return { stats: toRoomStats(roomId as RoomId, numbers) };
    },
    async getUserActivity({ userId }, context) {
      const caller = principalOf(context);
      return { activity: toActivity(await statistics.ofUser(caller, userOrCaller(userId, caller))) };
    },
  };
}
