import { compactVerify, decodeJwt, errors, SignJWT } from "jose";
import { audience, signingAlgorithm } from "../platform/access/own-tokens.ts";
import type { Clock } from "../platform/clock.ts";
import type { SessionId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import type { RefreshTokens } from "./refresh-tokens.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { Account, Session } from "./store.ts";

/** A session that tokens may be issued for, as one write found it. */
export interface Grant {
  readonly account: Account;
  readonly session: Session;
  /** When that write ran, in milliseconds since 1970: the tokens say what was true then. */
  readonly at: number;
}

/** What a client keeps to stay signed in. Times are milliseconds since 1970. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly accessExpiresAt: number;
  readonly refreshExpiresAt: number;
}

export interface TokenIssuer {
  issue(grant: Grant): Promise<Tokens>;
  /** The session that an access token of ours belongs to, be it expired or revoked; undefined for any other token. */
  sessionOf(accessToken: string): Promise<SessionId | undefined>;
}

/**
 * From when on tokens count again after a change that makes those of before worthless. Later than any token issued in an
 * earlier write, were it in the same millisecond.
 */
export function nextCutoff(account: Pick<Account, "tokensValidFrom">, clock: Clock): number {
  return Math.max(clock.now(), account.tokensValidFrom) + 1;
}

export function createTokenIssuer(needs: {
  keys: SigningKeys;
  refreshTokens: RefreshTokens;
  issuer: string;
}): TokenIssuer {
  const { keys, refreshTokens, issuer } = needs;
  return {
    async issue({ account, session, at }) {
      const { kid, privateKey } = keys.current();
      // A token made right after the account's cutoff belongs to the time after it.
      const issuedAt = Math.max(at, account.tokensValidFrom);
      const expires = Math.floor((issuedAt + limits.token.accessMs) / 1000);
      const accessToken = await new SignJWT({
        sid: session.id,
        username: account.username,
        role: account.role,
        iat_ms: issuedAt,
      })
        .setProtectedHeader({ alg: signingAlgorithm, kid, typ: "JWT" })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(account.id)
        .setIssuedAt(Math.floor(issuedAt / 1000))
        .setExpirationTime(expires)
        .sign(privateKey);
      return {
        accessToken,
        refreshToken: refreshTokens.make({ sessionId: session.id, counter: session.counter }),
        accessExpiresAt: expires * 1000,
        refreshExpiresAt: session.expiresAt,
      };
    },

    async sessionOf(accessToken) {
      try {
        await compactVerify(accessToken, keys.find, { algorithms: [signingAlgorithm] });
        return decodeJwt(accessToken).sid as SessionId;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
