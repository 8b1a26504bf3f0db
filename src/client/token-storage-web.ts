import type { HeldTokens, TokenStorage } from "./token-storage.ts";

/**
 * Keeps tokens in localStorage, where all tabs find them. Its own `storage` event tells the other tabs; a
 * BroadcastChannel would not do, as its message can overtake the write that it tells of.
 */
export function createWebStorage(key: string): TokenStorage {
  return {
    read: () => parse(localStorage.getItem(key)),
    write(tokens) {
      if (tokens === undefined) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(tokens));
    },
    subscribe(listener) {
      // A null key: the storage was cleared as a whole.
      const onStorage = (event: StorageEvent) => {
        if (event.key === key || event.key === null) listener();
      };
      window.addEventListener("storage", onStorage);
      return () => window.removeEventListener("storage", onStorage);
    },
  };
}

/** An older version's or a damaged entry counts as signed out. */
function parse(text: string | null): HeldTokens | undefined {
  if (text === null) return undefined;
  try {
    const held = JSON.parse(text) as HeldTokens;
    const complete =
      typeof held.accessToken === "string" &&
      typeof held.refreshToken === "string" &&
      typeof held.accessExpiresAt === "number" &&
      typeof held.account.userId === "string";
    return complete ? held : undefined;
  } catch {
    return undefined;
  }
}
