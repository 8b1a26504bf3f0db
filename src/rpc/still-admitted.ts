import type { Interceptor } from "@connectrpc/connect";
import type { Revocations } from "../platform/access/revocations.ts";
import type { Clock } from "../platform/clock.ts";
import { Failure, Reason } from "../platform/failure.ts";
import { principalKey } from "./principal.ts";

/**
 * Looks once more at who calls, now that the request is there: the gate looked before its body was read, and a body may
 * take its time. A session that ended meanwhile does nothing any more.
 */
export function stillAdmitted(needs: { revocations: Revocations; clock: Clock }): Interceptor {
  const { revocations, clock } = needs;
  return (next) => (request) => {
    const principal = request.contextValues.get(principalKey);
    if (principal === undefined) return next(request);
    if (revocations.isRevoked(principal)) return Promise.reject(new Failure(Reason.TOKEN_REVOKED));
    if (principal.expiresAt <= clock.now()) return Promise.reject(new Failure(Reason.TOKEN_EXPIRED));
    return next(request);
  };
}
