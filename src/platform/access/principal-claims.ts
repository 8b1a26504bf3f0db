import type { JWTPayload } from "jose";
import type { SessionId, UserId } from "../ids.ts";
import type { AccountRole, Principal } from "./principal.ts";

const digits = /^[1-9][0-9]{0,15}$/;
/** An outside issuer may say what it likes; what is kept and shown is bounded, and text. */
const keepable = /^[^\p{Cc}\p{Cs}]{1,200}$/u;
const roles: ReadonlySet<unknown> = new Set<AccountRole>(["user", "premium", "admin"]);

/**
 * Whom the claims of a token speak for; undefined when they do not say. Veza's own tokens carry every claim; those of an
 * outside issuer may name the user in `preferred_username` and the session in `jti`, and without a role are of a user.
 */
export function principalFromClaims(claims: JWTPayload): Principal | undefined {
  const { sub, iat, exp } = claims;
  const username = claims.username ?? claims.preferred_username;
  const sessionId = claims.sid ?? claims.jti;
  // A number that JavaScript cannot hold exactly would be taken for its neighbour's.
  if (sub === undefined || !digits.test(sub) || !Number.isSafeInteger(Number(sub))) return undefined;
  if (typeof username !== "string" || !keepable.test(username)) return undefined;
  if (typeof sessionId !== "string" || !keepable.test(sessionId)) return undefined;
  if (iat === undefined || exp === undefined) return undefined;
  return {
    userId: sub as UserId,
    username,
    role: roles.has(claims.role) ? (claims.role as AccountRole) : "user",
    sessionId: sessionId as SessionId,
    // `iat` counts seconds, which is too coarse to tell the token before a change of role from the one after it.
    issuedAt: typeof claims.iat_ms === "number" ? claims.iat_ms : iat * 1000,
    expiresAt: exp * 1000,
  };
}
