/** The signed-in account, as much as is worth knowing before the service is asked. */
export interface Account {
  readonly userId: string;
  readonly username: string;
  readonly email: string;
  readonly isAdmin: boolean;
}

/** What is kept to stay signed in. */
export interface HeldTokens {
  readonly account: Account;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Milliseconds since 1970 by the service's clock. */
  readonly accessExpiresAt: number;
}

/** Where tokens are kept between calls; tabs of a browser share one. */
export interface TokenStorage {
  /** Undefined when signed out. */
  read(): HeldTokens | undefined;
  write(tokens: HeldTokens | undefined): void;
  /** Calls when somebody else who shares the storage wrote to it. Returns how to stop. */
  subscribe(listener: () => void): () => void;
}

/** Keeps tokens as long as the process lives. */
export function createMemoryStorage(): TokenStorage {
  let held: HeldTokens | undefined;
  return {
    read: () => held,
    write(tokens) {
      held = tokens;
    },
    subscribe: () => () => {},
  };
}
