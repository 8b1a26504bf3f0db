import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { isTransient, type Problem } from "./errors.ts";

/** Why one connection is over, whatever it carried. `Closing` is the service's last frame on it. */
export type Cut<Closing> =
  /** The service said so; undefined when it ended without a word. */
  | { readonly kind: "closed"; readonly closing: Closing | undefined }
  | { readonly kind: "failed"; readonly problem: Problem }
  /** Something is missing: the next connection will bring it. */
  | { readonly kind: "hole" }
  /** Nothing was heard for too long. */
  | { readonly kind: "silent" }
  /** The network changed under it. */
  | { readonly kind: "woken" }
  /** The caller wants no more. */
  | { readonly kind: "stopped" };

/** Why it is over for good, whatever it carried. */
export type End =
  | { readonly kind: "stopped" }
  | { readonly kind: "session-ended" }
  | { readonly kind: "refused"; readonly problem: Problem };

export type Decision<OwnEnd = never> =
  | { readonly kind: "end"; readonly end: End | OwnEnd }
  /** Wait at least `afterMs`, and with `jitter` some time more, so that not everybody returns at once. */
  | { readonly kind: "retry"; readonly afterMs: number; readonly jitter: boolean };

/** What one kind of connection knows beyond the others. */
export interface Verdicts<Closing, OwnEnd> {
  /** Why a closing is the last one; `at-once` when it was expected; undefined to come back in a while. */
  closing(closing: Closing): End | OwnEnd | "at-once" | undefined;
  /** Why a failure is the last one; `retry` when it is not; undefined for what holds for every call. */
  failure?(problem: Problem): OwnEnd | "retry" | undefined;
}

/**
 * What to do when a connection is over.
 * @param refusals how many connections in a row, this one included, were refused for their token
 */
export function afterCut<Closing extends { retryAfter?: Duration | undefined }, OwnEnd = never>(
  cut: Cut<Closing>,
  refusals: number,
  verdicts: Verdicts<Closing, OwnEnd>,
): Decision<OwnEnd> {
  switch (cut.kind) {
    case "stopped":
      return { kind: "end", end: { kind: "stopped" } };
    case "woken":
      return AT_ONCE;
    case "hole":
    case "silent":
      return retry(0);
    case "closed": {
      const verdict = cut.closing && verdicts.closing(cut.closing);
      if (verdict === "at-once") return AT_ONCE;
      if (verdict !== undefined) return { kind: "end", end: verdict };
      return retry(cut.closing?.retryAfter === undefined ? 0 : durationMs(cut.closing.retryAfter));
    }
    case "failed": {
      if (isRefusal(cut)) return afterRefusal(cut.problem, refusals);
      const verdict = verdicts.failure?.(cut.problem);
      if (verdict === "retry") return retry(0);
      if (verdict !== undefined) return { kind: "end", end: verdict };
      if (!isTransient(cut.problem)) return { kind: "end", end: { kind: "refused", problem: cut.problem } };
      return retry(cut.problem.retryAfterMs ?? 0);
    }
  }
}

/** Whether the token was the reason. */
export function isRefusal(cut: Cut<unknown>): boolean {
  return cut.kind === "failed" && cut.problem.code === Code.Unauthenticated;
}

/** Once is a token that was refused early; a new one comes with the next call. Twice is no session. */
function afterRefusal(problem: Problem, refusals: number): Decision {
  const isOver = refusals > 1 || problem.reason.startsWith("REFRESH_TOKEN_");
  return isOver ? { kind: "end", end: { kind: "session-ended" } } : retry(0);
}

const AT_ONCE = { kind: "retry", afterMs: 0, jitter: false } as const;

function retry(afterMs: number): { kind: "retry"; afterMs: number; jitter: boolean } {
  return { kind: "retry", afterMs, jitter: true };
}
