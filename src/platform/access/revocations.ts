import type { Bus } from "../bus/bus.ts";
import type { Clock } from "../clock.ts";
import type { SessionId, UserId } from "../ids.ts";
import { limits } from "../limits.ts";
import type { Principal } from "./principal.ts";

/** A session that ended, or a user whose tokens from before `at` (milliseconds since 1970) count no more. */
export type Revocation =
  | { readonly sessionId: SessionId; readonly at: number }
  | { readonly userId: UserId; readonly at: number };

/** What is known to be over before its access token expires. */
export interface Revocations extends Disposable {
  isRevoked(principal: Principal): boolean;
  /** Takes in what is stored: what is news calls back, as if it had been heard. */
  restore(stored: Iterable<Revocation>): void;
  /** Ends a session or a user's tokens here and in every other process. */
  revoke(revocation: Revocation): void;
  /** Calls back whenever something is revoked, here or elsewhere. */
  onRevoked(listener: (revocation: Revocation) => void): Disposable;
}

const subject = "auth.revoked";

/** Entries are kept as long as an access token can live: after that its expiry does the work. */
export function createRevocations(needs: { bus: Bus; clock: Clock }): Revocations {
  const { bus, clock } = needs;
  const cutoffs = new Map<string, number>();
  const listeners = new Set<(revocation: Revocation) => void>();
  const key = (revocation: Revocation) =>
    "sessionId" in revocation ? `session ${revocation.sessionId}` : `user ${revocation.userId}`;

  /** False when it was known already. */
  function remember(revocation: Revocation): boolean {
    const horizon = clock.now() - limits.token.accessMs;
    // Oldest first: a map keeps the order of insertion, and a repeated key is moved to the end.
    for (const [old, at] of cutoffs) {
      if (at >= horizon) break;
      cutoffs.delete(old);
    }
    const name = key(revocation);
    if (revocation.at <= (cutoffs.get(name) ?? 0)) return false;
    cutoffs.delete(name);
    cutoffs.set(name, revocation.at);
    return true;
  }

  function tell(revocation: Revocation): void {
    for (const listener of [...listeners]) listener(revocation);
  }

  const subscription = bus.subscribe(subject, (payload) => {
    const revocation = JSON.parse(new TextDecoder().decode(payload)) as Revocation;
    remember(revocation);
    tell(revocation);
  });

  return {
    isRevoked(principal) {
      if (cutoffs.size === 0) return false;
      if (cutoffs.has(`session ${principal.sessionId}`)) return true;
      const cutoff = cutoffs.get(`user ${principal.userId}`);
      return cutoff !== undefined && principal.issuedAt < cutoff;
    },
    restore(stored) {
      for (const revocation of stored) if (remember(revocation)) tell(revocation);
    },
    revoke(revocation) {
      remember(revocation);
      bus.publish(subject, new TextEncoder().encode(JSON.stringify(revocation)));
    },
    onRevoked(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}

/** Whether a revocation concerns the bearer of this token. */
export function concerns(revocation: Revocation, principal: Principal): boolean {
  return "sessionId" in revocation
    ? revocation.sessionId === principal.sessionId
    : revocation.userId === principal.userId && principal.issuedAt < revocation.at;
}
