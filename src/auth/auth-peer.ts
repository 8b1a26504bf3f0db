import { Failure, Reason } from "../platform/failure.ts";
import { limits } from "../platform/limits.ts";
import type { AuditedAct, AuthPeer } from "../platform/peers/peers.ts";
import type { AuthStore, RevocationPlace } from "./store.ts";

const erasuresPerRead = 100;

/** What other services may ask of auth. */
export function createAuthPeer(store: AuthStore): AuthPeer {
  return {
    async accounts(ids) {
      const accounts = await store.accounts(ids);
      return accounts.map(({ id, username, role, isActive }) => ({ id, username, role, isActive }));
    },
    erasedAfter: (sequence) => store.erasedAfter(sequence, erasuresPerRead),
    async revokedSince(at, after) {
      const atMost = limits.peers.revocationsPerPage;
      const found = await store.revocationsSince(at, after === undefined ? undefined : placeFrom(after), atMost);
      const last = found.at(-1)?.place;
      return {
        revocations: found.map(({ revocation }) => revocation),
        ...(last !== undefined && found.length === atMost && { next: textOf(last) }),
      };
    },
    addAudits: (acts) => addAudits(store, acts),
    async welcome() {},
  };
}

/** All of them or none: they may be told again. */
export function addAudits(store: Pick<AuthStore, "write">, acts: readonly AuditedAct[]): Promise<void> {
  return store.write(async (write) => {
    for (const act of acts) await write.audit(act);
  });
}

const textOf = ({ source, at, id }: RevocationPlace): string => `${source} ${at} ${id}`;

function placeFrom(text: string): RevocationPlace {
  const [, source, at, id] = /^([0-2]) (\d{1,15}) ([\w-]{1,64})$/.exec(text) ?? [];
  if (id === undefined) throw new Failure(Reason.INVALID_PAGE_TOKEN);
  return { source: Number(source), at: Number(at), id };
}
