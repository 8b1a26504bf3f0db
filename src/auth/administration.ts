import { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import type { AccountRole, Principal } from "../platform/access/principal.ts";
import type { Revocations } from "../platform/access/revocations.ts";
import type { Clock } from "../platform/clock.ts";
import type { UserId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import { userNotFound } from "./errors.ts";
import { keepAnAdmin } from "./last-admin.ts";
import type { Account, AuthStore } from "./store.ts";
import { nextCutoff } from "./token-issuer.ts";

/** What administrators do to accounts, each with its line in the audit log. Both throw USER_NOT_FOUND or LAST_ADMIN, and change nothing that is so already. */
export interface Administration {
  /** Access tokens with the old role stop being accepted; refresh tokens bring new ones. */
  setRole(by: Principal, userId: UserId, role: AccountRole): Promise<Account>;
  /** Switching off ends the account's sessions. */
  setActive(by: Principal, userId: UserId, isActive: boolean): Promise<Account>;
}

export function createAdministration(needs: {
  store: AuthStore;
  revocations: Revocations;
  clock: Clock;
  log: Log;
}): Administration {
  const { store, revocations, clock, log } = needs;
  return {
    async setRole(by, userId, role) {
      const { account, changed } = await store.write(async (write) => {
        const before = await write.account(userId);
        if (before === undefined) throw userNotFound();
        if (before.role === role) return { account: before, changed: false };
        await keepAnAdmin(write, before);
        const account = await write.changeAccount(userId, { role, tokensValidFrom: nextCutoff(before, clock) });
        await write.audit({
          at: clock.now(),
          actorId: by.userId,
          action: AuditAction.SET_ROLE,
          targetUserId: userId,
          details: `${before.role} → ${role}`,
        });
        return { account, changed: true };
      });
      if (changed) {
        revocations.revoke({ userId, at: account.tokensValidFrom });
        log.info({ user_id: userId, by: by.userId, role }, "an account has another role");
      }
      return account;
    },

    async setActive(by, userId, isActive) {
      const { account, changed } = await store.write(async (write) => {
        const before = await write.account(userId);
        if (before === undefined) throw userNotFound();
        if (before.isActive === isActive) return { account: before, changed: false };
        await write.audit({
          at: clock.now(),
          actorId: by.userId,
          action: isActive ? AuditAction.SWITCH_ON : AuditAction.SWITCH_OFF,
          targetUserId: userId,
          details: "",
        });
        if (isActive) return { account: await write.changeAccount(userId, { isActive }), changed: true };
        await keepAnAdmin(write, before);
        await write.endSessionsOf(userId, clock.now());
        const account = await write.changeAccount(userId, { isActive, tokensValidFrom: nextCutoff(before, clock) });
        return { account, changed: true };
      });
      if (changed) {
        if (!isActive) revocations.revoke({ userId, at: account.tokensValidFrom });
        log.info(
          { user_id: userId, by: by.userId },
          isActive ? "an account was switched on" : "an account was switched off",
        );
      }
      return account;
    },
  };
}
