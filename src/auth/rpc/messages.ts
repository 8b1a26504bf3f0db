import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { AuditEntrySchema } from "#gen/veza/auth/v1/audit_pb.ts";
import type { SessionSchema, TokensSchema } from "#gen/veza/auth/v1/session_pb.ts";
import { type UserClaimsSchema, type UserInfoSchema, UserRole } from "#gen/veza/auth/v1/user_pb.ts";
import type { AccountRole, Principal } from "../../platform/access/principal.ts";
import type { UserId } from "../../platform/ids.ts";
import type { AuditEntry } from "../audit.ts";
import { isSelfOrAdmin } from "../permissions.ts";
import type { Account, Session } from "../store.ts";
import type { TokenClaims } from "../token-check.ts";
import type { Tokens } from "../token-issuer.ts";

const roleMessages: Readonly<Record<AccountRole, UserRole>> = {
  user: UserRole.USER,
  premium: UserRole.PREMIUM,
  admin: UserRole.ADMIN,
};

/** Validation lets no other role through. */
const rolesOfMessages = new Map(Object.entries(roleMessages).map(([role, message]) => [message, role as AccountRole]));

export function roleFromMessage(message: UserRole): AccountRole {
  const role = rolesOfMessages.get(message);
  if (role === undefined) throw new Error(`role ${message} passed validation`);
  return role;
}

/** The user a request names; an empty or zero id names the caller. */
export function userIdFrom(id: string, caller: Principal): UserId {
  return isNobody(id) ? caller.userId : (BigInt(id).toString() as UserId);
}

function isNobody(id: string): boolean {
  return id === "" || BigInt(id) === 0n;
}

/** An account as the reader may see it. */
export function userInfo(
  account: Account,
  reader: Pick<Principal, "userId" | "role">,
): MessageInitShape<typeof UserInfoSchema> {
  const everything = isSelfOrAdmin(reader, account.id);
  return {
    id: account.id,
    username: account.username,
    email: everything ? account.email : "",
    firstName: account.firstName,
    lastName: account.lastName,
    role: roleMessages[account.role],
    isActive: account.isActive,
    isVerified: account.isVerified,
    createdAt: timestampFromMs(account.createdAt),
    ...(everything && account.lastLoginAt !== undefined && { lastLoginAt: timestampFromMs(account.lastLoginAt) }),
  };
}

/** An account as it sees itself. */
export function ownUserInfo(account: Account): MessageInitShape<typeof UserInfoSchema> {
  return userInfo(account, { userId: account.id, role: account.role });
}

export function tokensMessage(tokens: Tokens): MessageInitShape<typeof TokensSchema> {
  return {
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    accessExpiresAt: timestampFromMs(tokens.accessExpiresAt),
    refreshExpiresAt: timestampFromMs(tokens.refreshExpiresAt),
  };
}

export function sessionMessage(session: Session, caller: Principal): MessageInitShape<typeof SessionSchema> {
  return {
    id: session.id,
    userAgent: session.userAgent,
    address: session.address,
    createdAt: timestampFromMs(session.createdAt),
    lastUsedAt: timestampFromMs(session.lastUsedAt),
    expiresAt: timestampFromMs(session.expiresAt),
    isCurrent: session.id === caller.sessionId,
  };
}

export function auditEntryMessage({ sequence, at, ...entry }: AuditEntry): MessageInitShape<typeof AuditEntrySchema> {
  return { ...entry, sequence: BigInt(sequence), occurredAt: timestampFromMs(at) };
}

export function claimsMessage({ principal, audience, issuer }: TokenClaims): MessageInitShape<typeof UserClaimsSchema> {
  return {
    userId: principal.userId,
    username: principal.username,
    role: roleMessages[principal.role],
    sessionId: principal.sessionId,
    audience: [...audience],
    issuer,
    issuedAt: timestampFromMs(principal.issuedAt),
    expiresAt: timestampFromMs(principal.expiresAt),
  };
}
