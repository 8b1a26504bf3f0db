import type { Principal } from "../platform/access/principal.ts";
import type { Revocations } from "../platform/access/revocations.ts";
import type { Clock } from "../platform/clock.ts";
import { Failure, Reason } from "../platform/failure.ts";

/**
 * Looks once more at who calls, now that the request is there: the gate looked before its body was read, and a body may
 * take its time. A session that ended meanwhile does nothing any more. Throws TOKEN_REVOKED or TOKEN_EXPIRED.
 */
export type StillAdmitted = (principal: Principal) => void;

export function createStillAdmitted(needs: { revocations: Revocations; clock: Clock }): StillAdmitted {
  const { revocations, clock } = needs;
  return (principal) => {
    if (revocations.isRevoked(principal)) throw new Failure(Reason.TOKEN_REVOKED);
    if (principal.expiresAt <= clock.now()) throw new Failure(Reason.TOKEN_EXPIRED);
  };
}
