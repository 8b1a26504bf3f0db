import type { AccountRole } from "../platform/access/principal.ts";
import type { Revocation } from "../platform/access/revocations.ts";
import type { WriteOptions } from "../platform/database/database.ts";
import type { SessionId, UserId } from "../platform/ids.ts";
import type { ErasedAccount } from "../platform/peers/peers.ts";
import type { AuditEntry, Audited } from "./audit.ts";

/** Times are milliseconds since 1970. */
export interface Account {
  readonly id: UserId;
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly role: AccountRole;
  readonly isActive: boolean;
  readonly isVerified: boolean;
  readonly createdAt: number;
  /** Undefined before the first sign-in. */
  readonly lastLoginAt: number | undefined;
  /** Access tokens issued before this count no more. */
  readonly tokensValidFrom: number;
}

export interface NewAccount
  extends Pick<Account, "username" | "email" | "firstName" | "lastName" | "role" | "createdAt" | "lastLoginAt"> {
  readonly passwordHash: string;
}

export type AccountChanges = Partial<
  Pick<Account, "firstName" | "lastName" | "role" | "isActive" | "lastLoginAt" | "tokensValidFrom">
> & { readonly passwordHash?: string };

/** What a sign-in is checked against. */
export interface Credentials {
  readonly userId: UserId;
  readonly passwordHash: string;
}

/** The client that signed in, as far as it is known. */
export interface SessionClient {
  readonly userAgent: string;
  readonly address: string;
}

export interface Session extends SessionClient {
  readonly id: SessionId;
  readonly userId: UserId;
  /** The number of the current refresh token, and when it became current. */
  readonly counter: number;
  readonly rotatedAt: number;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly expiresAt: number;
  readonly endedAt: number | undefined;
}

export interface SessionPage {
  readonly size: number;
  readonly after: { readonly lastUsedAt: number; readonly id: SessionId } | undefined;
}

/** Where something that was revoked stands among all of it. */
export interface RevocationPlace {
  /** Sessions, accounts, erased accounts: 0 to 2. */
  readonly source: number;
  readonly at: number;
  readonly id: string;
}

/** One change in the making: all of it happens or none, and what it reads stays true until it is over. */
export interface AuthWrite {
  /** Counts one more registration and says which it is, from 1. Registrations wait for one another here. */
  countRegistration(): Promise<number>;
  /** Adds an account, active and unconfirmed, or says what stands in the way. */
  addAccount(account: NewAccount): Promise<Account | "username taken" | "email taken">;
  account(id: UserId): Promise<Account | undefined>;
  passwordHash(id: UserId): Promise<string | undefined>;
  /** Changes the named fields. The account has to exist. */
  changeAccount(id: UserId, changes: AccountChanges): Promise<Account>;
  /** Sets another e-mail address, unconfirmed. False when another account has it. The account has to exist. */
  changeEmail(id: UserId, email: string): Promise<boolean>;
  /** How many active administrators there are besides this account. Changes of administrators wait for one another here. */
  otherActiveAdmins(id: UserId): Promise<number>;
  /** Deletes everything that is known of the account and its sessions, and notes that it is gone. */
  eraseAccount(id: UserId, at: number): Promise<void>;

  /** Adds a line to the audit log, unless it is there: one that has an id. Lines wait for one another here. */
  audit(audited: Audited): Promise<void>;

  addSession(session: Session): Promise<void>;
  /**
   * Marks the session as used and answers it, ended or not; undefined when there is none.
   * Until this write is over, others that want the same session wait.
   */
  takeSession(id: SessionId, at: number): Promise<Session | undefined>;
  /** Makes the next refresh token the current one. */
  rotateSession(id: SessionId, changes: { rotatedAt: number; expiresAt: number }): Promise<Session>;
  /** Ends one session; nothing happens to one that is over. */
  endSession(id: SessionId, at: number): Promise<void>;
  /** Ends the user's sessions, but one if it is named. Answers those that lived. */
  endSessionsOf(userId: UserId, at: number, except?: SessionId): Promise<SessionId[]>;
  /** Ends the user's sessions, the longest unused first, until at most `keep` live. Answers those that were ended. */
  endSurplusSessions(userId: UserId, keep: number, at: number): Promise<SessionId[]>;
}

/** What auth remembers. Everything outside `write` reads what is committed. */
export interface AuthStore {
  /** Runs the work alone, as far as no keys say otherwise. Once the promise resolves, what it changed survives any crash; when it throws, nothing changed. */
  write<Result>(work: (write: AuthWrite) => Promise<Result>, options?: WriteOptions): Promise<Result>;

  account(id: UserId): Promise<Account | undefined>;
  /** In no particular order; unknown ids are missing. */
  accounts(ids: readonly UserId[]): Promise<Account[]>;
  /** By user name or e-mail address, in any case. */
  credentials(login: string): Promise<Credentials | undefined>;
  passwordHash(id: UserId): Promise<string | undefined>;

  session(id: SessionId): Promise<Session | undefined>;
  /** The user's living sessions, the last used first: one more than the page's size when there are more. */
  sessionsOf(userId: UserId, page: SessionPage, now: number): Promise<Session[]>;
  /** Erasures after a sequence, oldest first. */
  erasedAfter(sequence: number, atMost: number): Promise<ErasedAccount[]>;
  /** Lines of the audit log, the last first, before a number if one is given: at most `atMost`. */
  auditLog(before: number | undefined, atMost: number): Promise<AuditEntry[]>;
  /** What was ended at or after a time, and stands after a place if one is given: at most `atMost`. */
  revocationsSince(
    at: number,
    after: RevocationPlace | undefined,
    atMost: number,
  ): Promise<{ revocation: Revocation; place: RevocationPlace }[]>;
  /** Deletes at most `atMost` sessions that expired, or were ended, before these times. Answers how many it deleted. */
  deleteOldSessions(before: { expired: number; ended: number }, atMost: number): Promise<number>;
}
