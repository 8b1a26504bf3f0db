import { createLru } from "../../platform/access/lru.ts";
import type { UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { AccountFacts, AuthPeer } from "../../platform/peers/peers.ts";

interface Known {
  readonly account: AccountFacts;
  readonly until: number;
}

/**
 * Asks for accounts together that are asked for in one turn, and remembers for a moment those that were found. An account
 * that is not there is asked for every time: it may have just been made.
 */
export function cacheAccounts(peer: AuthPeer): AuthPeer {
  const known = createLru<UserId, Known>(limits.peers.accountsCached);
  let asked = new Set<UserId>();
  let asking: Promise<ReadonlyMap<UserId, AccountFacts>> | undefined;

  async function askTogether(): Promise<ReadonlyMap<UserId, AccountFacts>> {
    // Until the others of this turn have said whom they look for.
    await new Promise(setImmediate);
    const ids = [...asked];
    asked = new Set();
    asking = undefined;
    const found = new Map<UserId, AccountFacts>();
    const until = performance.now() + limits.peers.accountMs;
    for (let at = 0; at < ids.length; at += limits.peers.accountsPerAsk) {
      for (const account of await peer.accounts(ids.slice(at, at + limits.peers.accountsPerAsk))) {
        found.set(account.id, account);
        known.set(account.id, { account, until });
      }
    }
    return found;
  }

  return {
    ...peer,
    async accounts(ids) {
      const now = performance.now();
      const there: AccountFacts[] = [];
      const missing: UserId[] = [];
      for (const id of new Set(ids)) {
        const entry = known.get(id);
        if (entry !== undefined && entry.until > now) there.push(entry.account);
        else missing.push(id);
      }
      if (missing.length === 0) return there;
      for (const id of missing) asked.add(id);
      asking ??= askTogether();
      const found = await asking;
      for (const id of missing) {
        const account = found.get(id);
        if (account !== undefined) there.push(account);
      }
      return there;
    },
  };
}
