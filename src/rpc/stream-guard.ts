import type { Interceptor } from "@connectrpc/connect";
import type { Principal } from "../platform/access/principal.ts";
import { concerns, type Revocations } from "../platform/access/revocations.ts";
import type { Clock } from "../platform/clock.ts";
import { Failure, Reason } from "../platform/failure.ts";
import { limits } from "../platform/limits.ts";
import { principalKey } from "./principal.ts";
import { timeoutKey } from "./timeout.ts";

interface OpenStream {
  readonly principal: Principal;
  end(failure: Failure): void;
}

/**
 * Ends open streams whose caller may no longer be there: at once when the session is revoked, and when the access token
 * expires. The stream's signal is aborted with the Failure that says why; a stream that can say goodbye does so.
 */
export function guardStreams(needs: { revocations: Revocations; clock: Clock }): Interceptor {
  const { revocations, clock } = needs;
  const open = new Map<string, Set<OpenStream>>();
  // One timer for all of them: who has an hour left costs a comparison now and then.
  setInterval(() => {
    const now = clock.now();
    for (const group of [...open.values()]) {
      for (const stream of [...group]) {
        if (stream.principal.expiresAt <= now) stream.end(new Failure(Reason.TOKEN_EXPIRED));
      }
    }
  }, limits.rpc.expiryCheckMs).unref();

  revocations.onRevoked((revocation) => {
    const groups =
      "userId" in revocation ? [open.get(revocation.userId)] : [...open.values()].filter((group) => group.size > 0);
    for (const group of groups) {
      for (const stream of [...(group ?? [])]) {
        if (concerns(revocation, stream.principal)) stream.end(new Failure(Reason.TOKEN_REVOKED));
      }
    }
  });

  return (next) => (request) => {
    const principal = request.contextValues.get(principalKey);
    if (!request.stream || principal === undefined) return next(request);

    const call = request.contextValues.get(timeoutKey);
    const stream: OpenStream = { principal, end: (failure) => call.abort(failure) };
    let group = open.get(principal.userId);
    if (group === undefined) {
      group = new Set();
      open.set(principal.userId, group);
    }
    group.add(stream);
    request.signal.addEventListener("abort", () => {
      group.delete(stream);
      if (group.size === 0 && open.get(principal.userId) === group) open.delete(principal.userId);
    });
    return next(request);
  };
}
