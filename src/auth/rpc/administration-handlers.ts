import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { Administration } from "../administration.ts";
import type { AuthHandlers } from "./handlers.ts";
import { auditEntryMessage, roleFromMessage, userIdFrom, userInfo } from "./messages.ts";

export function administrationHandlers(needs: { administration: Administration }): AuthHandlers {
  const { administration } = needs;
  return {
    async setUserRole({ userId, role }, context) {
      const caller = principalOf(context);
      const account = await administration.setRole(caller, userIdFrom(userId, caller), roleFromMessage(role));
      return { user: userInfo(account, caller) };
    },

    async listAuditLog(request) {
      const page = readPage(request, "audit", ["number"]);
      const [before] = page.after ?? [];
      const found = await administration.auditLog(before as number | undefined, page.size + 1);
      const { items, nextPageToken } = cutPage(found, page, "audit", ({ sequence }) => [sequence]);
      return { entries: items.map(auditEntryMessage), nextPageToken };
    },

    async setUserActive({ userId, isActive }, context) {
      const caller = principalOf(context);
      const account = await administration.setActive(caller, userIdFrom(userId, caller), isActive);
      return { user: userInfo(account, caller) };
    },
  };
}
