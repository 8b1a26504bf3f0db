import type { Clock } from "../platform/clock.ts";
import type { UserId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { dateOf, type ExportSection } from "../platform/peers/account-export.ts";
import type { Account, AuthStore } from "./store.ts";

/** The account as its owner gets it. */
export function accountSection(find: (userId: UserId) => Promise<Account | undefined>): ExportSection {
  return {
    name: "account",
    async read(userId, after) {
      const account = after === "" ? await find(userId) : undefined;
      if (account === undefined) return [];
      const { id, username, email, firstName, lastName, role, isActive, isVerified, createdAt, lastLoginAt } = account;
      const dates = { createdAt: dateOf(createdAt), lastLoginAt: dateOf(lastLoginAt) };
      return [{ key: id, value: { id, username, email, firstName, lastName, role, isActive, isVerified, ...dates } }];
    },
  };
}

/** The living sessions, of which there are only so many. */
export function sessionSection(store: AuthStore, clock: Clock): ExportSection {
  return {
    name: "sessions",
    async read(userId, after) {
      if (after !== "") return [];
      const sessions = await store.sessionsOf(
        userId,
        { size: limits.token.sessionsPerUser, after: undefined },
        clock.now(),
      );
      return sessions.map(({ id, userAgent, address, createdAt, lastUsedAt, expiresAt }) => ({
        key: id,
        value: {
          id,
          userAgent,
          address,
          createdAt: dateOf(createdAt),
          lastUsedAt: dateOf(lastUsedAt),
          expiresAt: dateOf(expiresAt),
        },
      }));
    },
  };
}
