import type { ServiceImpl } from "@connectrpc/connect";
import type { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { StreamId } from "../../platform/ids.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { AccessChecks } from "../access-checks.ts";
import { userOrCaller } from "./user-or-caller.ts";

export function accessHandlers(needs: { checks: AccessChecks }): Partial<ServiceImpl<typeof StreamService>> {
  const { checks } = needs;
  return {
    async checkAccess({ userId, streamId }, context) {
      const caller = principalOf(context);
      return { permissions: await checks.check(caller, userOrCaller(userId, caller), streamId as StreamId) };
    },
  };
}
