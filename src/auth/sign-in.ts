import type { Clock } from "../platform/clock.ts";
import { nameKey } from "../platform/name-key.ts";
import { accountInactive, badCredentials, emailTaken, usernameTaken } from "./errors.ts";
import type { Passwords } from "./passwords.ts";
import type { Sessions } from "./sessions.ts";
import type { Account, AuthStore, SessionClient } from "./store.ts";
import type { Tokens } from "./token-issuer.ts";

export interface Registration extends Pick<Account, "username" | "email" | "firstName" | "lastName"> {
  readonly password: string;
}

export interface SignedIn {
  readonly account: Account;
  readonly tokens: Tokens;
}

export interface SignIn {
  /** Makes an account and signs it in; the first ever is an administrator. Throws USERNAME_TAKEN or EMAIL_TAKEN. */
  register(registration: Registration, client: SessionClient, signal: AbortSignal): Promise<SignedIn>;
  /** By user name or e-mail address. Throws BAD_CREDENTIALS, RATE_LIMITED or, to who knows the password, ACCOUNT_INACTIVE. */
  login(login: string, password: string, client: SessionClient, signal: AbortSignal): Promise<SignedIn>;
}

export function createSignIn(needs: {
  store: AuthStore;
  passwords: Passwords;
  sessions: Sessions;
  clock: Clock;
}): SignIn {
  const { store, passwords, sessions, clock } = needs;
  return {
    async register({ password, ...names }, client, signal) {
      const passwordHash = await passwords.hash(password, signal);
      return sessions.open(client, async (write) => {
        // Counted in the write that adds the account: of many first registrations at once, one is the first.
        const role = (await write.countRegistration()) === 1 ? "admin" : "user";
        const now = clock.now();
        const account = await write.addAccount({ ...names, role, passwordHash, createdAt: now, lastLoginAt: now });
        if (account === "username taken") throw usernameTaken();
        if (account === "email taken") throw emailTaken();
        return account;
      });
    },

    async login(login, password, client, signal) {
      const credentials = await store.credentials(login);
      const matches = await passwords.matches(credentials?.passwordHash, password, nameKey(login), signal);
      if (credentials === undefined || !matches) throw badCredentials();
      const { userId, passwordHash } = credentials;
      return sessions.open(
        client,
        async (write) => {
          // Hashing took a while, in which the password may have been changed or the account erased.
          if ((await write.passwordHash(userId)) !== passwordHash) throw badCredentials();
          const account = await write.changeAccount(userId, { lastLoginAt: clock.now() });
          if (!account.isActive) throw accountInactive();
          return account;
        },
        userId,
      );
    },
  };
}
