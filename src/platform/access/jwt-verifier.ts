import { errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Clock } from "../clock.ts";
import { Failure, Reason } from "../failure.ts";
import { limits } from "../limits.ts";
import { createLru } from "./lru.ts";
import type { Principal } from "./principal.ts";
import { principalFromClaims } from "./principal-claims.ts";
import type { Revocations } from "./revocations.ts";
import type { TokenVerifier } from "./token-verifier.ts";

export interface JwtVerifierNeeds {
  /** Finds the public key of a token by its header; throws a JOSEError when there is none. */
  readonly keys: JWTVerifyGetKey;
  /** The signature algorithms to accept. Only asymmetric ones make sense here. */
  readonly algorithms: readonly string[];
  /** Undefined where the keys are of one issuer only. */
  readonly issuer: string | undefined;
  readonly audience: string;
  readonly clock: Clock;
  readonly revocations: Revocations;
  /** Awaited once for each token, before it is accepted for the first time. */
  readonly welcome?: (principal: Principal) => Promise<void>;
}

/** Verifies signed tokens, and remembers those that were good: a known token costs a look at the clock. */
export function createJwtVerifier(needs: JwtVerifierNeeds): TokenVerifier {
  const { clock, revocations, welcome } = needs;
  const verified = createLru<string, Principal>(limits.token.verifiedCached);

  function stillGood(principal: Principal): Principal {
    if (principal.expiresAt <= clock.now()) throw new Failure(Reason.TOKEN_EXPIRED);
    if (revocations.isRevoked(principal)) throw new Failure(Reason.TOKEN_REVOKED);
    return principal;
  }

  async function verifyUnknown(token: string): Promise<Principal> {
    const principal = stillGood(await readToken(token, needs));
    await welcome?.(principal);
    verified.set(token, principal);
    // Its session may have been ended while this waited.
    return stillGood(principal);
  }

  return {
    verify(token) {
      const known = verified.get(token);
      return known === undefined ? verifyUnknown(token) : stillGood(known);
    },
  };
}

async function readToken(token: string, needs: JwtVerifierNeeds): Promise<Principal> {
  try {
    const { payload } = await jwtVerify(token, needs.keys, {
      algorithms: [...needs.algorithms],
      ...(needs.issuer !== undefined && { issuer: needs.issuer }),
      audience: needs.audience,
      requiredClaims: ["exp", "iat"],
      currentDate: new Date(needs.clock.now()),
    });
    const principal = principalFromClaims(payload);
    if (principal !== undefined) return principal;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new Failure(Reason.TOKEN_EXPIRED);
    if (!(error instanceof errors.JOSEError)) throw error;
    // Every other way to be no token of this issuer gets one answer: a stranger learns nothing from the difference.
  }
  throw new Failure(Reason.UNAUTHENTICATED);
}
