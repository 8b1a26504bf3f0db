import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from "jose";
import { Failure, Reason } from "../failure.ts";
import type { Log } from "../log.ts";

/** What issuers elsewhere sign with. None of them is symmetric: a published key must not be able to sign. */
export const publicKeyAlgorithms: readonly string[] =
  "EdDSA Ed25519 ES256 ES384 ES512 PS256 PS384 PS512 RS256 RS384 RS512".split(" ");

/**
 * The keys at a JWKS address, fetched when first needed and again when an unknown one turns up. When the address does
 * not answer, throws UNAVAILABLE: the token may be good, nobody can tell.
 */
export function createRemoteKeys(needs: { url: string; log: Log }): JWTVerifyGetKey {
  const { url, log } = needs;
  const keys = createRemoteJWKSet(new URL(url));
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      const noSuchKey =
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys ||
        error instanceof errors.JOSENotSupported;
      if (noSuchKey) throw error;
      log.error({ err: error, url }, "the keys of the token issuer cannot be read");
      throw new Failure(Reason.UNAVAILABLE, {
        sentence: "the keys of the token issuer cannot be read right now: try again",
        retryAfterMs: 1000,
      });
    }
  };
}
