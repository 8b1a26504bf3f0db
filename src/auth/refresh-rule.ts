import { limits } from "../platform/limits.ts";
import type { Session } from "./store.ts";

/**
 * What a refresh token that came in means for its session:
 * `rotate` it is the current one; `repeat` it was just replaced, and a lost reply or a second tab sends it again;
 * `reused` somebody kept an old one, so one of two holders is not the owner (RFC 9700 §4.14); `over` there is nothing to
 * refresh.
 */
export type RefreshVerdict = "rotate" | "repeat" | "reused" | "over";

export function judgeRefresh(session: Session, counter: number, now: number): RefreshVerdict {
  if (session.endedAt !== undefined || session.expiresAt <= now) return "over";
  if (counter === session.counter) return "rotate";
  // Made by this server, yet not by this database: it was put back to an earlier state.
  if (counter > session.counter) return "over";
  const justReplaced = counter === session.counter - 1 && now - session.rotatedAt <= limits.token.refreshGraceMs;
  return justReplaced ? "repeat" : "reused";
}
