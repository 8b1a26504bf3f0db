import type { Principal } from "../platform/access/principal.ts";
import { concerns, type Revocations } from "../platform/access/revocations.ts";
import type { Clock } from "../platform/clock.ts";
import { Failure, Reason } from "../platform/failure.ts";
import { limits } from "../platform/limits.ts";

/** A stream that is open, and whose. */
export interface GuardedStream {
  readonly principal: Principal | undefined;
  /** Aborts its signal with what says why: a stream that can say goodbye does so. */
  cutOff(failure: Failure): void;
}

/**
 * Ends open streams whose caller may no longer be there: at once when the session is revoked, and when the access token
 * expires.
 */
export interface StreamGuard {
  enter(stream: GuardedStream): void;
  leave(stream: GuardedStream): void;
}

export function guardStreams(needs: { revocations: Revocations; clock: Clock }): StreamGuard {
  const { revocations, clock } = needs;
  const open = new Map<string, Set<GuardedStream>>();
  // One timer for all of them: who has an hour left costs a comparison now and then.
  setInterval(() => {
    const now = clock.now();
    for (const group of open.values()) {
      for (const stream of group) {
        if (stream.principal !== undefined && stream.principal.expiresAt <= now)
          stream.cutOff(new Failure(Reason.TOKEN_EXPIRED));
      }
    }
  }, limits.rpc.expiryCheckMs).unref();

  revocations.onRevoked((revocation) => {
    const groups = "userId" in revocation ? [open.get(revocation.userId)] : [...open.values()];
    for (const group of groups) {
      for (const stream of [...(group ?? [])]) {
        if (stream.principal !== undefined && concerns(revocation, stream.principal))
          stream.cutOff(new Failure(Reason.TOKEN_REVOKED));
      }
    }
  });

  return {
    enter(stream) {
      if (stream.principal === undefined) return;
      const { userId } = stream.principal;
      const group = open.get(userId);
      if (group === undefined) open.set(userId, new Set([stream]));
      else group.add(stream);
    },
    leave(stream) {
      if (stream.principal === undefined) return;
      const { userId } = stream.principal;
      const group = open.get(userId);
      if (group?.delete(stream) && group.size === 0) open.delete(userId);
    },
  };
}
