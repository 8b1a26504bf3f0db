import { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Revocations } from "../platform/access/revocations.ts";
import type { Clock } from "../platform/clock.ts";
import { newId, type SessionId, type UserId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";
import type { Audited } from "./audit.ts";
import { notYourAccount, refreshTokenInvalid, refreshTokenReused, sessionNotFound, tokenInvalid } from "./errors.ts";
import { isSelfOrAdmin } from "./permissions.ts";
import { judgeRefresh } from "./refresh-rule.ts";
import type { RefreshTokens } from "./refresh-tokens.ts";
import type { Account, AuthStore, AuthWrite, Session, SessionClient, SessionPage } from "./store.ts";
import type { Grant, TokenIssuer, Tokens } from "./token-issuer.ts";

export interface Sessions {
  /**
   * Signs an account in: runs the work, opens a session in the same write and answers its tokens. Above the limit of
   * sessions, the user's longest unused one is ended. Throws what the work throws; then there is no session.
   * `userId` when it is known whose account the work is about: others sign in at the same time.
   */
  open(
    client: SessionClient,
    work: (write: AuthWrite) => Promise<Account>,
    userId?: UserId,
  ): Promise<{ account: Account; tokens: Tokens }>;
  /** Exchanges a refresh token. Throws REFRESH_TOKEN_INVALID or REFRESH_TOKEN_REUSED. */
  refresh(refreshToken: string): Promise<Tokens>;
  /** The user's living sessions, the last used first: one more than the page's size when there are more. */
  list(userId: UserId, page: SessionPage): Promise<Session[]>;
  /** Ends one of the user's sessions; nothing happens to one that is over. Throws SESSION_NOT_FOUND. */
  end(userId: UserId, sessionId: SessionId): Promise<void>;
  /** Ends the session of an access or refresh token. Throws TOKEN_INVALID or NOT_YOUR_ACCOUNT. */
  endOfToken(principal: Principal, token: string, reason: string): Promise<void>;
}

export function createSessions(needs: {
  store: AuthStore;
  issuer: TokenIssuer;
  refreshTokens: RefreshTokens;
  revocations: Revocations;
  clock: Clock;
  log: Log;
}): Sessions {
  const { store, issuer, refreshTokens, revocations, clock, log } = needs;

  async function endSession(sessionId: SessionId, audited?: Omit<Audited, "at">): Promise<void> {
    const at = await store.write(async (write) => {
      const now = clock.now();
      await write.endSession(sessionId, now);
      if (audited !== undefined) await write.audit({ ...audited, at: now });
      return now;
    });
    revocations.revoke({ sessionId, at });
  }

  return {
    async open(client, work, userId) {
      const keys = userId === undefined ? {} : { keys: [`user/${userId}`] };
      const { grant, surplus } = await store.write(async (write) => {
        const account = await work(write);
        const at = clock.now();
        const session = newSession(account.id, client, at);
        await write.addSession(session);
        const surplus = await write.endSurplusSessions(account.id, limits.token.sessionsPerUser, at);
        return { grant: { account, session, at }, surplus };
      }, keys);
      for (const sessionId of surplus) revocations.revoke({ sessionId, at: grant.at });
      return { account: grant.account, tokens: await issuer.issue(grant) };
    },

    async refresh(refreshToken) {
      const claim = refreshTokens.read(refreshToken);
      if (claim === undefined) throw refreshTokenInvalid();
      // Judged and done in one write: of many at once with one token, exactly one rotates, and an end comes before or after.
      const outcome = await store.write(
        async (write): Promise<Grant | "reused" | "over"> => {
          const at = clock.now();
          const session = await write.takeSession(claim.sessionId, at);
          const account = session && (await write.account(session.userId));
          if (session === undefined || account === undefined) return "over";
          const verdict = judgeRefresh(session, claim.counter, at);
          switch (verdict) {
            case "rotate": {
              const expiresAt = at + limits.token.refreshMs;
              return { account, session: await write.rotateSession(session.id, { rotatedAt: at, expiresAt }), at };
            }
            case "repeat":
              return { account, session, at };
            case "reused":
              await write.endSession(session.id, at);
              return verdict;
            case "over":
              return verdict;
          }
        },
        { keys: [`session/${claim.sessionId}`] },
      );
      if (outcome === "over") throw refreshTokenInvalid();
      if (outcome === "reused") {
        revocations.revoke({ sessionId: claim.sessionId, at: clock.now() });
        log.warn(
          { session_id: claim.sessionId },
          "a refresh token came back after it was replaced: its session was ended",
        );
        throw refreshTokenReused();
      }
      return issuer.issue(outcome);
    },

    list: (userId, page) => store.sessionsOf(userId, page, clock.now()),

    async end(userId, sessionId) {
      const session = await store.session(sessionId);
      if (session?.userId !== userId) throw sessionNotFound();
      await endSession(sessionId);
    },

    async endOfToken(principal, token, reason) {
      const sessionId = refreshTokens.read(token)?.sessionId ?? (await issuer.sessionOf(token));
      if (sessionId === undefined) throw tokenInvalid();
      const session = await store.session(sessionId);
      // Over for so long that nothing is left of it: the token is as dead as was asked for.
      if (session === undefined) return;
      if (!isSelfOrAdmin(principal, session.userId)) throw notYourAccount();
      const { userId } = session;
      if (userId === principal.userId || session.endedAt !== undefined) await endSession(sessionId);
      else {
        const action = AuditAction.REVOKE_TOKEN;
        await endSession(sessionId, { actorId: principal.userId, action, targetUserId: userId, details: reason });
      }
      log.info({ session_id: sessionId, user_id: session.userId, by: principal.userId, reason }, "a token was revoked");
    },
  };
}

function newSession(userId: UserId, client: SessionClient, at: number): Session {
  return {
    ...client,
    id: newId<SessionId>(),
    userId,
    counter: 1,
    rotatedAt: at,
    createdAt: at,
    lastUsedAt: at,
    expiresAt: at + limits.token.refreshMs,
    endedAt: undefined,
  };
}
