import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import type { Tokens } from "#gen/veza/auth/v1/session_pb.ts";
import { type UserInfo, UserRole } from "#gen/veza/auth/v1/user_pb.ts";
import { bearer, type TokenSource } from "./bearer.ts";
import { problemOf } from "./errors.ts";
import { createLocalLock, type Lock } from "./lock.ts";
import { systemTimers, type Timers } from "./timers.ts";
import { type Account, createMemoryStorage, type HeldTokens, type TokenStorage } from "./token-storage.ts";

/** Tokens are refreshed when they have no more than this left, so that a call under way does not outlive its token. */
const REFRESH_AHEAD_MS = 30_000;
/** Others wait for the lock meanwhile, and a tab that hangs must not hang them. */
const REFRESH_TIMEOUT_MS = 10_000;
const LOGOUT_TIMEOUT_MS = 5_000;

export interface SessionOptions {
  /** Makes a transport whose calls pass these interceptors. */
  readonly transportFor: (interceptors: Interceptor[]) => Transport;
  /** Shared by all tabs; in memory when not given. */
  readonly storage?: TokenStorage;
  /** Held while refreshing; shared by whoever shares the storage. */
  readonly lock?: Lock;
  readonly timers?: Pick<Timers, "now">;
}

export interface Registration {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly firstName?: string;
  readonly lastName?: string;
}

/** `ended`: not by this client's own wish. */
export type SessionChange = "signed-in" | "signed-out" | "ended";

/** One person signed in, or nobody. Stays signed in through lost networks; only the service ends it, or `signOut`. */
export interface Session extends TokenSource {
  /** Calls through it carry the access token. */
  readonly transport: Transport;
  /** Who is signed in; undefined for nobody. */
  account(): Account | undefined;
  signIn(login: string, password: string): Promise<Account>;
  /** Makes an account and signs in to it. */
  register(registration: Registration): Promise<Account>;
  /**
   * Somebody said that the session is over: asks the service, and signs out here if it agrees. True when the session
   * still holds. Throws when the service cannot be reached.
   */
  confirm(): Promise<boolean>;
  /** Forgets the tokens at once, then tells the service as far as it can be reached. Never throws. */
  signOut(): Promise<void>;
  /** Calls when somebody signed in or out, here or in another tab. Returns how to stop. */
  onChange(listener: (change: SessionChange) => void): () => void;
}

export function createSession(options: SessionOptions): Session {
  const { transportFor, storage = createMemoryStorage(), lock = createLocalLock(), timers = systemTimers } = options;
  const auth: Client<typeof AuthService> = createClient(AuthService, transportFor([]));
  const listeners = new Set<(change: SessionChange) => void>();
  let distrusted: string | undefined;
  let known = storage.read()?.account.userId;

  function write(held: HeldTokens | undefined, change: SessionChange): void {
    storage.write(held);
    announce(change);
  }

  function announce(change: SessionChange): void {
    const now = storage.read()?.account.userId;
    if (now === known) return;
    known = now;
    for (const listener of listeners) listener(change);
  }

  function isFresh(held: HeldTokens, spareMs: number): boolean {
    return held.accessToken !== distrusted && held.accessExpiresAt - timers.now() > spareMs;
  }

  /**
   * Exchanges the refresh token, unless somebody who shares the storage was faster. Among those who wait for the lock
   * the first one refreshes and the others find its tokens.
   */
  function renew(stale: HeldTokens): Promise<string | undefined> {
    return lock(async () => {
      const held = storage.read();
      if (held === undefined || held.accessToken !== stale.accessToken) return held?.accessToken;
      try {
        const request = { refreshToken: held.refreshToken };
        const { tokens } = await auth.refreshToken(request, { timeoutMs: REFRESH_TIMEOUT_MS });
        // Somebody may have signed out meanwhile, or in as somebody else: their word is the later one.
        if (isStillHeld(held)) storage.write(heldFrom(held.account, tokens, timers.now()));
      } catch (thrown) {
        if (!ENDED.has(problemOf(thrown).reason)) throw thrown;
        if (isStillHeld(held)) {
          write(undefined, "ended");
          throw thrown;
        }
      }
      return storage.read()?.accessToken;
    });
  }

  function isStillHeld(held: HeldTokens): boolean {
    return storage.read()?.refreshToken === held.refreshToken;
  }

  async function accessToken(): Promise<string | undefined> {
    const held = storage.read();
    if (held === undefined || isFresh(held, REFRESH_AHEAD_MS)) return held?.accessToken;
    try {
      return await renew(held);
    } catch (thrown) {
      // It was early: the token holds for a little while, and by then the network may be back.
      if (isStillHeld(held) && isFresh(held, 0)) return held.accessToken;
      throw thrown;
    }
  }

  function begin(user: UserInfo | undefined, tokens: Tokens | undefined): Account {
    if (user === undefined) throw new Error("the service signed in nobody");
    const account = accountFrom(user);
    write(heldFrom(account, tokens, timers.now()), "signed-in");
    return account;
  }

  const tokens: TokenSource = {
    accessToken,
    distrust(token) {
      distrusted = token;
    },
  };

  storage.subscribe(() => announce(storage.read() === undefined ? "signed-out" : "signed-in"));

  return {
    ...tokens,
    transport: transportFor([bearer(tokens)]),
    account: () => storage.read()?.account,
    async signIn(login, password) {
      const { user, tokens } = await auth.login({ login, password });
      return begin(user, tokens);
    },
    async register(registration) {
      const { user, tokens } = await auth.register(registration);
      return begin(user, tokens);
    },
    async confirm() {
      const held = storage.read();
      if (held === undefined) return false;
      await renew(held).catch((thrown) => {
        if (!ENDED.has(problemOf(thrown).reason)) throw thrown;
      });
      return storage.read() !== undefined;
    },
    async signOut() {
      const held = storage.read();
      if (held === undefined) return;
      write(undefined, "signed-out");
      try {
        const callOptions = { timeoutMs: LOGOUT_TIMEOUT_MS };
        let token: string | undefined = held.accessToken;
        if (!isFresh(held, 0)) {
          const renewed = await auth.refreshToken({ refreshToken: held.refreshToken }, callOptions);
          token = renewed.tokens?.accessToken;
        }
        await auth.logout({}, { ...callOptions, headers: { Authorization: `Bearer ${token}` } });
      } catch {
        // Out of reach, or over already: the session that nobody holds a token of ends by itself.
      }
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** What the service says when a session is over. Anything else, a lost network above all, leaves it as it is. */
const ENDED: ReadonlySet<string> = new Set(["REFRESH_TOKEN_INVALID", "REFRESH_TOKEN_REUSED", "ACCOUNT_INACTIVE"]);

function accountFrom(user: UserInfo): Account {
  return { userId: user.id, username: user.username, email: user.email, isAdmin: user.role === UserRole.ADMIN };
}

function heldFrom(account: Account, tokens: Tokens | undefined, now: number): HeldTokens {
  if (tokens?.accessExpiresAt === undefined) throw new Error("the service sent no tokens");
  const accessExpiresAt = timestampMs(tokens.accessExpiresAt);
  return {
    account,
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    // A new token that looks stale means that this machine's clock is wrong: then the service says when it is over.
    accessExpiresAt: accessExpiresAt - now > REFRESH_AHEAD_MS ? accessExpiresAt : Number.MAX_SAFE_INTEGER,
  };
}
