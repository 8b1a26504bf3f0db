import { decodeJwt } from "jose";
import { audience as everyPart } from "../platform/access/own-tokens.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { TokenVerifier } from "../platform/access/token-verifier.ts";
import { Failure, Reason } from "../platform/failure.ts";

/** A token for Veza is for each of its parts. */
const parts: ReadonlySet<string> = new Set(["auth", "chat", "stream", "gateway"]);

export interface TokenClaims {
  readonly principal: Principal;
  readonly audience: readonly string[];
  readonly issuer: string;
}

export interface TokenCheck {
  /** What an access token says, or why it would not be accepted: by any service, or by the one that is named. */
  check(token: string, service: string | undefined): Promise<TokenClaims | Reason>;
}

const unacceptable: ReadonlySet<Reason> = new Set([Reason.UNAUTHENTICATED, Reason.TOKEN_EXPIRED, Reason.TOKEN_REVOKED]);

export function createTokenCheck(needs: { verifier: TokenVerifier }): TokenCheck {
  return {
    async check(token, service) {
      try {
        const principal = await needs.verifier.verify(token);
        const { aud = [], iss = "" } = decodeJwt(token);
        const audience = [aud].flat();
        const isFor = service === undefined || audience.includes(service) || isPart(service, audience);
        return isFor ? { principal, audience, issuer: iss } : Reason.UNAUTHENTICATED;
      } catch (error) {
        if (error instanceof Failure && unacceptable.has(error.reason)) return error.reason;
        throw error;
      }
    },
  };
}

function isPart(service: string, audience: readonly string[]): boolean {
  return parts.has(service) && audience.includes(everyPart);
}
