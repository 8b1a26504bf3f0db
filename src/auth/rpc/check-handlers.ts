import { reasonFacts } from "../../platform/failure.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { PermissionCheck, Resource } from "../permission-check.ts";
import type { TokenCheck } from "../token-check.ts";
import type { AuthHandlers } from "./handlers.ts";
import { claimsMessage, userIdFrom } from "./messages.ts";

export function checkHandlers(needs: { tokenCheck: TokenCheck; permissionCheck: PermissionCheck }): AuthHandlers {
  const { tokenCheck, permissionCheck } = needs;
  return {
    async validateToken({ token, service }) {
      const found = await tokenCheck.check(token, service);
      return typeof found === "object"
        ? { valid: true, claims: claimsMessage(found) }
        : { valid: false, reason: reasonFacts(found).name };
    },

    async checkPermissions({ userId, resource, action, resourceId }, context) {
      const caller = principalOf(context);
      const permissions: string[] = await permissionCheck.permissionsOf(
        caller,
        userIdFrom(userId, caller),
        resource as Resource,
        resourceId,
      );
      return { allowed: permissions.includes(action), permissions };
    },
  };
}
