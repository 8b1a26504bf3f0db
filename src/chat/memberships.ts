import type { LeaveReason } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import { MemberRole } from "#gen/veza/chat/v1/room_pb.ts";
import type { RoomId, UserId } from "../platform/ids.ts";
import { accountClosed } from "./errors.ts";
import type { ChatWrite } from "./events/event-log.ts";
import { memberJoined, memberLeft, memberRoleChanged, sanctionLifted } from "./facts.ts";
import type { ErasureStore } from "./store/erasure-store.ts";
import type { Member, MemberStore } from "./store/member-store.ts";
import type { SanctionStore } from "./store/sanction-store.ts";

/** How memberships begin, change and end: the row, the room's count and the event, always together. */
export interface Memberships {
  /** Makes a member of who is none. `at` is in milliseconds since 1970. Throws TOKEN_REVOKED for an erased account. */
  begin(write: ChatWrite, joining: Joining): Promise<Member>;
  /** Ends a membership. `actorId` is absent when the service itself does it. */
  end(write: ChatWrite, member: Member, leaving: { reason: LeaveReason; actorId?: UserId; at: number }): Promise<void>;
  /** Gives a member another role. Who becomes the owner is muted no more: nobody above an owner could lift it. */
  change(write: ChatWrite, member: Member, change: { role: MemberRole; actorId?: UserId; at: number }): Promise<Member>;
}

export interface Joining {
  readonly roomId: RoomId;
  readonly user: { readonly userId: UserId; readonly username: string };
  readonly role: MemberRole;
  readonly at: number;
}

export function createMemberships(needs: {
  members: MemberStore;
  sanctions: SanctionStore;
  erasures: Pick<ErasureStore, "isMarked">;
}): Memberships {
  const { members, sanctions, erasures } = needs;
  return {
    async begin({ tx, append }, { roomId, user, role, at }) {
      const { userId, username } = user;
      // Of a call that was let in before the account was erased.
      if (await erasures.isMarked(tx, userId)) throw accountClosed();
      const joining: Member = { roomId, userId, username, role, joinedAt: at, lastMessageAt: 0, lastReadSequence: 0 };
      const { sequence, messageCount } = await append({
        roomId,
        actorId: userId,
        at,
        payload: memberJoined(joining),
      });
      // What was said before does not wait to be read.
      const member = { ...joining, lastReadSequence: sequence };
      await members.insert(tx, member, messageCount);
      return member;
    },
    async end({ tx, append }, member, { reason, ...by }) {
      await members.remove(tx, member.roomId, member.userId);
      await append({ roomId: member.roomId, ...by, payload: memberLeft(member, reason) });
    },
    async change({ tx, append }, member, { role, ...by }) {
      const changed = { ...member, role };
      await members.setRole(tx, member.roomId, member.userId, role);
      await append({ roomId: member.roomId, ...by, payload: memberRoleChanged(changed) });
      if (role === MemberRole.OWNER) {
        const mute = await sanctions.find(tx, member.roomId, member.userId, SanctionKind.MUTE);
        if (mute !== undefined) {
          await sanctions.remove(tx, mute.id);
          await append({ roomId: member.roomId, ...by, payload: sanctionLifted(mute) });
        }
      }
      return changed;
    },
  };
}
