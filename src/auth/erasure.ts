import type { Revocations } from "../platform/access/revocations.ts";
import type { Bus } from "../platform/bus/bus.ts";
import type { Clock } from "../platform/clock.ts";
import type { UserId } from "../platform/ids.ts";
import { badCredentials, userNotFound } from "./errors.ts";
import { keepAnAdmin } from "./last-admin.ts";
import type { Passwords } from "./passwords.ts";
import type { AuthStore } from "./store.ts";
import { nextCutoff } from "./token-issuer.ts";

/** The bell that rings after an erasure. It says nothing: who listens asks `erasedAfter`. */
export const erasedSubject = "auth.erased";

export interface Erasure {
  /**
   * Deletes everything that is known of the person, and tells the other services to forget them.
   * Throws BAD_CREDENTIALS, RATE_LIMITED, LAST_ADMIN or, when it has happened already, USER_NOT_FOUND.
   */
  erase(userId: UserId, password: string, signal: AbortSignal): Promise<void>;
}

export function createErasure(needs: {
  store: AuthStore;
  passwords: Passwords;
  revocations: Revocations;
  bus: Bus;
  clock: Clock;
}): Erasure {
  const { store, passwords, revocations, bus, clock } = needs;
  return {
    async erase(userId, password, signal) {
      const passwordHash = await store.passwordHash(userId);
      if (passwordHash === undefined) throw userNotFound();
      if (!(await passwords.matches(passwordHash, password, userId, signal))) throw badCredentials();
      const at = await store.write(async (write) => {
        const account = await write.account(userId);
        if (account === undefined) throw userNotFound();
        if ((await write.passwordHash(userId)) !== passwordHash) throw badCredentials();
        await keepAnAdmin(write, account);
        const at = nextCutoff(account, clock);
        await write.eraseAccount(userId, at);
        return at;
      });
      revocations.revoke({ userId, at });
      bus.publish(erasedSubject, new Uint8Array());
    },
  };
}
