import { createHmac, timingSafeEqual } from "node:crypto";
import type { SessionId } from "../platform/ids.ts";

/** Which token of which session. The counter starts at 1 and moves with each rotation. */
export interface RefreshClaim {
  readonly sessionId: SessionId;
  readonly counter: number;
}

/**
 * Refresh tokens are `<session>.<counter>.<mac>`. The MAC follows from the server's key, so the current token of a session
 * can be handed out again without being stored, who reads the database cannot make one, and guesses never reach it.
 */
export interface RefreshTokens {
  make(claim: RefreshClaim): string;
  /** What a token claims; undefined when this server did not make it. */
  read(token: string): RefreshClaim | undefined;
}

const form = /^(?<claim>(?<sessionId>[0-9a-f-]{36})\.(?<counter>[0-9]{1,15}))\.(?<mac>[A-Za-z0-9_-]{43})$/;

export function createRefreshTokens(key: Buffer): RefreshTokens {
  const macOf = (claim: string) => createHmac("sha256", key).update(`veza refresh token ${claim}`).digest();
  return {
    make({ sessionId, counter }) {
      const claim = `${sessionId}.${counter}`;
      return `${claim}.${macOf(claim).toString("base64url")}`;
    },
    read(token) {
      const { claim = "", sessionId = "", counter = "", mac = "" } = form.exec(token)?.groups ?? {};
      if (claim === "" || !timingSafeEqual(macOf(claim), Buffer.from(mac, "base64url"))) return undefined;
      return { sessionId: sessionId as SessionId, counter: Number(counter) };
    },
  };
}
