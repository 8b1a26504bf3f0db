import type { Insertable, Selectable } from "kysely";
import type { SessionId, UserId } from "../platform/ids.ts";
import type { Account, AccountChanges, Session } from "./store.ts";
import type { AccountsTable, SessionsTable } from "./tables.ts";

export const accountColumns = [
  "id",
  "username",
  "email",
  "first_name",
  "last_name",
  "role",
  "is_active",
  "is_verified",
  "created_at",
  "last_login_at",
  "tokens_valid_from",
] as const;

export function accountFromRow(row: Pick<Selectable<AccountsTable>, (typeof accountColumns)[number]>): Account {
  return {
    id: String(row.id) as UserId,
    username: row.username,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    role: row.role,
    isActive: row.is_active === 1,
    isVerified: row.is_verified === 1,
    createdAt: Number(row.created_at),
    lastLoginAt: row.last_login_at === null ? undefined : Number(row.last_login_at),
    tokensValidFrom: Number(row.tokens_valid_from),
  };
}

export function rowFromChanges(changes: AccountChanges): Partial<Insertable<AccountsTable>> {
  return {
    ...(changes.firstName !== undefined && { first_name: changes.firstName }),
    ...(changes.lastName !== undefined && { last_name: changes.lastName }),
    ...(changes.role !== undefined && { role: changes.role }),
    ...(changes.isActive !== undefined && { is_active: changes.isActive ? 1 : 0 }),
    ...(changes.lastLoginAt !== undefined && { last_login_at: changes.lastLoginAt }),
    ...(changes.tokensValidFrom !== undefined && { tokens_valid_from: changes.tokensValidFrom }),
    ...(changes.passwordHash !== undefined && { password_hash: changes.passwordHash }),
  };
}

export function sessionFromRow(row: Selectable<SessionsTable>): Session {
  return {
    id: row.id as SessionId,
    userId: String(row.user_id) as UserId,
    counter: Number(row.counter),
    rotatedAt: Number(row.rotated_at),
    userAgent: row.user_agent,
    address: row.address,
    createdAt: Number(row.created_at),
    lastUsedAt: Number(row.last_used_at),
    expiresAt: Number(row.expires_at),
    endedAt: row.ended_at === null ? undefined : Number(row.ended_at),
  };
}

export function rowFromSession(session: Session): Insertable<SessionsTable> {
  return {
    id: session.id,
    user_id: Number(session.userId),
    counter: session.counter,
    rotated_at: session.rotatedAt,
    user_agent: session.userAgent,
    address: session.address,
    created_at: session.createdAt,
    last_used_at: session.lastUsedAt,
    expires_at: session.expiresAt,
    ended_at: session.endedAt ?? null,
  };
}
