import { principalOf } from "../../rpc/principal.ts";
import type { Accounts, ProfileChanges } from "../accounts.ts";
import type { Erasure } from "../erasure.ts";
import type { AuthHandlers } from "./handlers.ts";
import { ownUserInfo, userIdFrom, userInfo } from "./messages.ts";

export function accountReadHandlers(needs: { accounts: Pick<Accounts, "get"> }): AuthHandlers {
  return {
    async getUserInfo({ userId }, context) {
      const caller = principalOf(context);
      return { user: userInfo(await needs.accounts.get(userIdFrom(userId, caller)), caller) };
    },
  };
}

export function accountHandlers(needs: { accounts: Accounts; erasure: Erasure }): AuthHandlers {
  const { accounts, erasure } = needs;
  return {
    ...accountReadHandlers(needs),

    async updateProfile({ email, firstName, lastName }, context) {
      const changes: ProfileChanges = {
        ...(email !== undefined && { email }),
        ...(firstName !== undefined && { firstName }),
        ...(lastName !== undefined && { lastName }),
      };
      return { user: ownUserInfo(await accounts.updateProfile(principalOf(context).userId, changes)) };
    },

    async changePassword({ currentPassword, newPassword }, context) {
      const passwords = { current: currentPassword, next: newPassword };
      await accounts.changePassword(principalOf(context), passwords, context.signal);
      return {};
    },

    async deleteAccount({ password }, context) {
      await erasure.erase(principalOf(context).userId, password, context.signal);
      return {};
    },
  };
}
