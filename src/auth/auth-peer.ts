import type { AuthPeer } from "../platform/peers/peers.ts";
import type { AuthStore } from "./store.ts";

const erasuresPerRead = 100;

/** What other services may ask of auth. */
export function createAuthPeer(store: AuthStore): AuthPeer {
  return {
    async accounts(ids) {
      const accounts = await store.accounts(ids);
      return accounts.map(({ id, username, role, isActive }) => ({ id, username, role, isActive }));
    },
    erasedAfter: (sequence) => store.erasedAfter(sequence, erasuresPerRead),
    revokedSince: (at) => store.revocationsSince(at),
    async welcome() {},
  };
}
