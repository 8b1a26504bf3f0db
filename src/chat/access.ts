import type { MemberRole } from "#gen/veza/chat/v1/room_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Queries } from "../platform/database/database.ts";
import type { Failure } from "../platform/failure.ts";
import type { RoomId } from "../platform/ids.ts";
import type { Permission } from "../platform/peers/peers.ts";
import {
  accountClosed,
  banned,
  directRoom,
  muted,
  notAMember,
  premiumRequired,
  roleTooLow,
  roomArchived,
  roomNotFound,
  targetNotBelow,
} from "./errors.ts";
import {
  type Action,
  decide,
  isBelow,
  kindOf,
  rankOf,
  type Standing,
  standingOf,
  type Verdict,
} from "./permissions.ts";
import { type AccessRow, findAccess } from "./store/access-query.ts";
import type { Member } from "./store/member-store.ts";
import type { Room } from "./store/room-store.ts";
import { type Holding, holds } from "./store/sanction-store.ts";
import type { ChatTables } from "./tables.ts";

/** Whoever asks, as far as rooms care. */
export type Caller = Pick<Principal, "userId" | "role">;

/** What a caller is to a room. */
export interface RoomAccess {
  readonly room: Room;
  readonly member: Member | undefined;
  /** Only a mute that holds. */
  readonly mute: Holding | undefined;
  /** Only a ban that holds. */
  readonly ban: Holding | undefined;
  readonly standing: Standing;
  /** The role that the caller acts with; UNSPECIFIED for none. */
  readonly rank: MemberRole;
}

/**
 * Reads what a caller is to a room, in one query. `now` is in milliseconds since 1970.
 * Throws `unseen`, ROOM_NOT_FOUND unless told otherwise, when there is no such room, and TOKEN_REVOKED when the caller's
 * account has been erased since the call was let in: nothing of it may be kept. Decides nothing else: ask one of the
 * functions below, with the same `unseen`.
 */
export async function loadAccess(
  queries: Queries<ChatTables>,
  caller: Caller,
  roomId: RoomId,
  now: number,
  unseen: () => Failure = roomNotFound,
): Promise<RoomAccess> {
  const found = await findAccess(queries, caller.userId, roomId);
  if (found === undefined) throw unseen();
  if (found.isErased) throw accountClosed();
  return accessOf(found, caller, now);
}

/** What a caller is to a room by what the store knows. `now` is in milliseconds since 1970. */
export function accessOf(found: AccessRow, caller: Caller, now: number): RoomAccess {
  const { room, member } = found;
  const mute = found.mute && holds(found.mute, now) ? found.mute : undefined;
  const ban = found.ban && holds(found.ban, now) ? found.ban : undefined;
  const standing = standingOf({ role: member?.role, account: caller.role, isBanned: ban !== undefined });
  return { room, member, mute, ban, standing, rank: rankOf(member?.role, caller.role) };
}

const refusals: Readonly<Record<Exclude<Verdict, "yes">, (access: RoomAccess) => Failure>> = {
  unseen: roomNotFound,
  banned: (access) => banned(access.ban?.expiresAt ?? null),
  outside: notAMember,
  premium: premiumRequired,
  role: roleTooLow,
  direct: directRoom,
};

/** Whether the rules allow it; archive and mute not considered. */
export function may(access: RoomAccess, action: Action): boolean {
  return decide(kindOf(access.room), access.standing, action) === "yes";
}

/**
 * Throws why the rules do not allow it; archive and mute are not considered.
 * `unseen` is thrown when the caller may not know that the room is there: who asked for a message hears that there is
 * no such message.
 */
export function requireAllowed(access: RoomAccess, action: Action, unseen: () => Failure = roomNotFound): void {
  const verdict = decide(kindOf(access.room), access.standing, action);
  if (verdict === "yes") return;
  throw verdict === "unseen" ? unseen() : refusals[verdict](access);
}

/** Throws ROOM_ARCHIVED for a room that takes no changes. */
export function requireActive(access: RoomAccess): void {
  if (!access.room.isActive) throw roomArchived();
}

/** Throws unless the caller may read the room: `unseen`, BANNED or PREMIUM_REQUIRED. */
export function requireRead(access: RoomAccess, unseen?: () => Failure): void {
  requireAllowed(access, "read", unseen);
}

/**
 * Throws unless the caller may write in the room now: `unseen`, BANNED, NOT_A_MEMBER, ROOM_ARCHIVED or MUTED.
 * Returns the membership, which who writes always has.
 */
export function requireWrite(access: RoomAccess, unseen?: () => Failure): Member {
  requireAllowed(access, "write", unseen);
  const member = requireMember(access);
  requireActive(access);
  requireVoice(access);
  return member;
}

/** Throws NOT_A_MEMBER for who is none, whatever else they may do. */
export function requireMember({ member }: RoomAccess): Member {
  if (member === undefined) throw notAMember();
  return member;
}

/** Throws MUTED for who may say nothing now. */
export function requireVoice({ mute }: RoomAccess): void {
  if (mute !== undefined) throw muted(mute.expiresAt);
}

/** Throws unless the caller may moderate the room: `unseen`, BANNED, NOT_A_MEMBER, ROLE_TOO_LOW or DIRECT_ROOM. */
export function requireModerate(access: RoomAccess, unseen?: () => Failure): void {
  requireAllowed(access, "moderate", unseen);
}

/** Throws TARGET_NOT_BELOW unless the target's role, UNSPECIFIED for who is no member, is below the caller's. */
export function requireRank(access: RoomAccess, target: MemberRole): void {
  if (!isBelow(target, access.rank)) throw targetNotBelow();
}

/** What the caller may do with the room right now, in the words of CheckAccess. Throws ROOM_NOT_FOUND when unseen. */
export function permissionsOf(access: RoomAccess): Permission[] {
  const { room, mute } = access;
  if (decide(kindOf(room), access.standing, "see") === "unseen") throw roomNotFound();
  const allowed: Record<Permission, boolean> = {
    read: may(access, "read"),
    write: may(access, "write") && room.isActive && mute === undefined,
    moderate: may(access, "moderate") && room.isActive,
  };
  return (Object.keys(allowed) as Permission[]).filter((permission) => allowed[permission]);
}
