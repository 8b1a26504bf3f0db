import type { Principal } from "./principal.ts";

/** Turns an access token into whom it speaks for. */
export interface TokenVerifier {
  /**
   * Checks signature, issuer, audience, expiry and revocation.
   * Answers at once for a token seen before. Throws Failure UNAUTHENTICATED, TOKEN_EXPIRED or TOKEN_REVOKED.
   */
  verify(token: string): Principal | Promise<Principal>;
}
