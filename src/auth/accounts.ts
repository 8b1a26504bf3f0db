import type { Principal } from "../platform/access/principal.ts";
import type { Revocations } from "../platform/access/revocations.ts";
import type { Clock } from "../platform/clock.ts";
import type { UserId } from "../platform/ids.ts";
import { badCredentials, emailTaken, userNotFound } from "./errors.ts";
import type { Passwords } from "./passwords.ts";
import type { Account, AuthStore } from "./store.ts";

/** What an account may change of itself; what is missing stays as it is. */
export interface ProfileChanges {
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
}

export interface Accounts {
  /** Throws USER_NOT_FOUND, also for an erased account. */
  get(userId: UserId): Promise<Account>;
  /** Throws EMAIL_TAKEN or USER_NOT_FOUND. */
  updateProfile(userId: UserId, changes: ProfileChanges): Promise<Account>;
  /** Sets a new password and ends all sessions but the caller's. Throws BAD_CREDENTIALS, RATE_LIMITED or USER_NOT_FOUND. */
  changePassword(
    principal: Principal,
    passwords: { readonly current: string; readonly next: string },
    signal: AbortSignal,
  ): Promise<void>;
}

export function createAccounts(needs: {
  store: AuthStore;
  passwords: Passwords;
  revocations: Revocations;
  clock: Clock;
}): Accounts {
  const { store, passwords, revocations, clock } = needs;
  return {
    async get(userId) {
      const account = await store.account(userId);
      if (account === undefined) throw userNotFound();
      return account;
    },

    updateProfile: (userId, { email, ...names }) =>
      store.write(async (write) => {
        const account = await write.account(userId);
        if (account === undefined) throw userNotFound();
        // The address it has already stays confirmed.
        if (email !== undefined && email !== account.email && !(await write.changeEmail(userId, email)))
          throw emailTaken();
        return write.changeAccount(userId, names);
      }),

    async changePassword({ userId, sessionId }, { current, next }, signal) {
      const passwordHash = await store.passwordHash(userId);
      if (passwordHash === undefined) throw userNotFound();
      if (!(await passwords.matches(passwordHash, current, userId, signal))) throw badCredentials();
      const nextHash = await passwords.hash(next, signal);
      const { ended, at } = await store.write(async (write) => {
        // Of two changes at once the first wins; the other one's current password is no longer current.
        if ((await write.passwordHash(userId)) !== passwordHash) throw badCredentials();
        await write.changeAccount(userId, { passwordHash: nextHash });
        const at = clock.now();
        return { ended: await write.endSessionsOf(userId, at, sessionId), at };
      });
      for (const id of ended) revocations.revoke({ sessionId: id, at });
    },
  };
}
