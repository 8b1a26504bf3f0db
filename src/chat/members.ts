import { LeaveReason } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import { MemberRole } from "#gen/veza/chat/v1/room_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database, Queries } from "../platform/database/database.ts";
import type { RoomId, UserId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { loadAccess, type RoomAccess, requireActive, requireAllowed, requireRank, requireRead } from "./access.ts";
import { limitReached, memberNotFound, ownerCannotLeave, premiumRequired, roleTooLow } from "./errors.ts";
import type { ChatWrites } from "./events/event-log.ts";
import type { Invites } from "./invites.ts";
import { roomKey, userKey } from "./keys.ts";
import type { Memberships } from "./memberships.ts";
import { joinsByInvite, joinsByPremium } from "./permissions.ts";
import type { Member, MemberStore, MutedMember } from "./store/member-store.ts";
import type { ModerationLog } from "./store/moderation-log.ts";
import { holds, type SanctionStore } from "./store/sanction-store.ts";
import type { ChatTables } from "./tables.ts";

/** Who is in a room, and as what. */
export interface Members {
  /** Makes the caller a member, with an invite code or an empty one. Who is one already stays as they are. */
  join(caller: Principal, roomId: RoomId, code: string): Promise<MutedMember>;
  /** Ends the caller's membership. Who is no member changes nothing. */
  leave(caller: Principal, roomId: RoomId): Promise<void>;
  /** Members in the order in which they joined, at most `limit`. */
  list(
    caller: Principal,
    roomId: RoomId,
    page: { after: { joinedAt: number; userId: number } | undefined; limit: number },
  ): Promise<MutedMember[]>;
  /** Gives a member another role; OWNER hands the room over. */
  setRole(caller: Principal, roomId: RoomId, userId: UserId, role: MemberRole): Promise<MutedMember>;
}

export function createMembers(needs: {
  database: Database<ChatTables>;
  writes: ChatWrites;
  clock: Clock;
  members: MemberStore;
  memberships: Memberships;
  invites: Invites;
  sanctions: SanctionStore;
  log: ModerationLog;
}): Members {
  const { database, writes, clock, members, memberships, invites, sanctions, log } = needs;

  async function requireSpace(tx: Queries<ChatTables>, { room }: RoomAccess, userId: UserId): Promise<void> {
    const { membersPerRoom, roomsPerUser } = limits.chat;
    if (room.memberCount >= membersPerRoom) {
      throw limitReached(`a room has at most ${membersPerRoom} members`, membersPerRoom);
    }
    if ((await members.countRoomsOf(tx, userId)) >= roomsPerUser) {
      throw limitReached(`an account is in at most ${roomsPerUser} rooms: leave one first`, roomsPerUser);
    }
  }

  async function withMute(tx: Queries<ChatTables>, member: Member, now: number): Promise<MutedMember> {
    const mute = await sanctions.find(tx, member.roomId, member.userId, SanctionKind.MUTE);
    return { member, mutedUntil: mute !== undefined && holds(mute, now) ? mute.expiresAt : undefined };
  }

  return {
    join: (caller, roomId, code) =>
      writes.about([roomKey(roomId), userKey(caller.userId)], async (write) => {
        const { tx } = write;
        const at = clock.now();
        const access = await loadAccess(tx, caller, roomId, at);
        requireAllowed(access, "join");
        const mutedUntil = access.mute?.expiresAt;
        if (access.member !== undefined) return { member: access.member, mutedUntil };
        // The code first: without it, nobody learns more of a room that they may not see.
        if (joinsByInvite(access.room)) await invites.redeem(tx, access, code, at);
        if (joinsByPremium(access.room, caller.role)) throw premiumRequired();
        requireActive(access);
        await requireSpace(tx, access, caller.userId);
        const member = await memberships.begin(write, { roomId, user: caller, role: MemberRole.MEMBER, at });
        return { member, mutedUntil };
      }),

    leave: (caller, roomId) =>
      writes.about([roomKey(roomId)], async (write) => {
        const at = clock.now();
        const access = await loadAccess(write.tx, caller, roomId, at);
        requireAllowed(access, "leave");
        if (access.member === undefined) return;
        if (access.member.role === MemberRole.OWNER && access.room.isActive) throw ownerCannotLeave();
        await memberships.end(write, access.member, { reason: LeaveReason.LEFT, actorId: caller.userId, at });
      }),

    async list(caller, roomId, page) {
      const now = clock.now();
      requireRead(await loadAccess(database.read, caller, roomId, now));
      return members.list(database.read, roomId, page, now);
    },

    setRole: (caller, roomId, userId, role) =>
      writes.about([roomKey(roomId)], async (write) => {
        const { tx } = write;
        const at = clock.now();
        const access = await loadAccess(tx, caller, roomId, at);
        requireAllowed(access, "manage");
        requireActive(access);
        const member = await members.find(tx, roomId, userId);
        if (member === undefined) throw memberNotFound();
        if (role >= access.rank && access.rank !== MemberRole.OWNER) throw roleTooLow();
        if (member.role === role) return withMute(tx, member, at);
        requireRank(access, member.role);

        const by = { actorId: caller.userId, at };
        if (role === MemberRole.OWNER && access.member !== undefined) {
          // First, so that a room never has two owners.
          await memberships.change(write, access.member, { role: MemberRole.ADMIN, ...by });
        }
        const changed = await memberships.change(write, member, { role, ...by });
        await log.add(tx, { roomId, ...by, targetUserId: userId, action: "role", reason: "" });
        return withMute(tx, changed, at);
      }),
  };
}
