import type { Interceptor } from "@connectrpc/connect";
import type { Principal } from "../platform/access/principal.ts";
import { concerns, type Revocations } from "../platform/access/revocations.ts";
import type { Clock } from "../platform/clock.ts";
import { Failure, Reason } from "../platform/failure.ts";
import { principalKey } from "./principal.ts";
import { timeoutKey } from "./timeout.ts";

/**
 * Ends open streams whose caller may no longer be there: at once when the session is revoked, and when the access token
 * expires. The stream's signal is aborted with the Failure that says why; a stream that can say goodbye does so.
 */
export function guardStreams(needs: { revocations: Revocations; clock: Clock }): Interceptor {
  const { revocations, clock } = needs;
  const open = new Map<string, Set<{ principal: Principal; end: (failure: Failure) => void }>>();

  revocations.onRevoked((revocation) => {
    const groups =
      "userId" in revocation ? [open.get(revocation.userId)] : [...open.values()].filter((group) => group.size > 0);
    for (const group of groups) {
      for (const stream of [...(group ?? [])]) {
        if (concerns(revocation, stream.principal)) stream.end(new Failure(Reason.TOKEN_REVOKED));
      }
    }
  });

  return (next) => async (request) => {
    const principal = request.contextValues.get(principalKey);
    if (!request.stream || principal === undefined) return next(request);

    const call = request.contextValues.get(timeoutKey);
    const stream = { principal, end: (failure: Failure) => call.abort(failure) };
    let group = open.get(principal.userId);
    if (group === undefined) {
      group = new Set();
      open.set(principal.userId, group);
    }
    group.add(stream);
    const expiry = setTimeout(
      () => call.abort(new Failure(Reason.TOKEN_EXPIRED)),
      Math.min(principal.expiresAt - clock.now(), 2 ** 31 - 1),
    ).unref();
    request.signal.addEventListener("abort", () => {
      clearTimeout(expiry);
      group.delete(stream);
      if (group.size === 0 && open.get(principal.userId) === group) open.delete(principal.userId);
    });
    return next(request);
  };
}
