import { principalOf } from "../../rpc/principal.ts";
import type { Administration } from "../administration.ts";
import type { AuthHandlers } from "./handlers.ts";
import { roleFromMessage, userIdFrom, userInfo } from "./messages.ts";

export function administrationHandlers(needs: { administration: Administration }): AuthHandlers {
  const { administration } = needs;
  return {
    async setUserRole({ userId, role }, context) {
      const caller = principalOf(context);
      const account = await administration.setRole(caller, userIdFrom(userId, caller), roleFromMessage(role));
      return { user: userInfo(account, caller) };
    },

    async setUserActive({ userId, isActive }, context) {
      const caller = principalOf(context);
      const account = await administration.setActive(caller, userIdFrom(userId, caller), isActive);
      return { user: userInfo(account, caller) };
    },
  };
}
