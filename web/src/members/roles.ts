import { MemberRole } from "#gen/veza/chat/v1/room_pb.ts";

/** The roles that can be given, the least first; a room is handed over in another way. */
export const GIVEN_ROLES = [MemberRole.MEMBER, MemberRole.MODERATOR, MemberRole.ADMIN] as const;

const NAMES: Partial<Record<MemberRole, string>> = {
  [MemberRole.OWNER]: "Owner",
  [MemberRole.ADMIN]: "Admin",
  [MemberRole.MODERATOR]: "Moderator",
};

/** Undefined for an ordinary member, who needs no label. */
export function roleName(role: MemberRole): string | undefined {
  return NAMES[role];
}
