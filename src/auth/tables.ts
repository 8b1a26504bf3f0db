import type { Generated } from "kysely";
import type { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import type { AccountRole } from "../platform/access/principal.ts";

/** The tables of auth, one interface each. Times are milliseconds since 1970; flags are 0 or 1; user ids are numbers. */

export interface AccountsTable {
  /** Never given out again, even after the account was erased. */
  id: Generated<number>;
  username: string;
  /** The user name as it is compared: see `platform/name-key.ts`. Unique. */
  username_key: string;
  email: string;
  /** The e-mail address as it is compared. Unique. */
  email_key: string;
  first_name: string;
  last_name: string;
  role: AccountRole;
  is_active: number;
  is_verified: number;
  /** An argon2id hash in PHC form. */
  password_hash: string;
  created_at: number;
  /** Null before the first sign-in. */
  last_login_at: number | null;
  /** Access tokens issued before this count no more; 0 when all do. */
  tokens_valid_from: number;
}

export interface SessionsTable {
  id: string;
  user_id: number;
  /** The number of the current refresh token, from 1. */
  counter: number;
  /** When the counter last moved. */
  rotated_at: number;
  user_agent: string;
  address: string;
  created_at: number;
  last_used_at: number;
  expires_at: number;
  /** Null while the session lives. Ended rows stay until no access token of theirs can be valid. */
  ended_at: number | null;
}

/** Accounts that were erased, in the order in which they were. */
export interface ErasuresTable {
  sequence: number;
  user_id: number;
  at: number;
}

/** Counters that only grow. A write that moves one holds it: others that want it wait until that write is over. */
export interface CountersTable {
  name: "registrations" | "erasures" | "admin_changes" | "audit";
  value: number;
}

/** People whom an outside issuer vouched for, as their last token said. */
export interface VisitorsTable {
  id: number;
  username: string;
  role: AccountRole;
  first_seen_at: number;
}

/** What administrators did, in the order in which they did it. Rows are added only. */
export interface AuditTable {
  sequence: number;
  at: number;
  actor_id: number;
  action: AuditAction;
  target_user_id: number;
  /** Null for what was done to an account. */
  target_stream_id: string | null;
  target_room_id: string | null;
  details: string;
  /** What the service that told of it calls it; null for what was done here. Unique. */
  id: string | null;
}

export interface AuthTables {
  auth_audit: AuditTable;
  auth_accounts: AccountsTable;
  auth_sessions: SessionsTable;
  auth_erasures: ErasuresTable;
  auth_counters: CountersTable;
  auth_visitors: VisitorsTable;
}
