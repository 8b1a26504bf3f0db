import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { RoomId } from "../../platform/ids.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { AccessChecks } from "../access-checks.ts";
import { userOrCaller } from "./user-ids.ts";

export function accessHandlers(needs: { checks: AccessChecks }): Partial<ServiceImpl<typeof ChatService>> {
  const { checks } = needs;
  return {
    async checkAccess({ userId, roomId }, context) {
      const caller = principalOf(context);
      return { permissions: await checks.check(caller, userOrCaller(userId, caller), roomId as RoomId) };
    },
  };
}
