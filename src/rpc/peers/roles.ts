import { UserRole } from "#gen/veza/auth/v1/user_pb.ts";
import type { AccountRole } from "../../platform/access/principal.ts";

const messages: Readonly<Record<AccountRole, UserRole>> = {
  user: UserRole.USER,
  premium: UserRole.PREMIUM,
  admin: UserRole.ADMIN,
};

export function roleToMessage(role: AccountRole): UserRole {
  return messages[role];
}

/** A role that is not known here is the least of them: a part of the next version may have more. */
export function roleFromMessage(message: UserRole): AccountRole {
  return (Object.keys(messages) as AccountRole[]).find((role) => messages[role] === message) ?? "user";
}
