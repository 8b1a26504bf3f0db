import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type ModerationLogEntry, ModerationLogEntrySchema } from "#gen/veza/chat/v1/moderation_pb.ts";
import { type UserActivity, UserActivitySchema } from "#gen/veza/chat/v1/presence_pb.ts";
import {
  type Invite as InviteMessage,
  InviteSchema,
  type Member as MemberMessage,
  type Room as RoomMessage,
  type RoomStats,
  RoomStatsSchema,
} from "#gen/veza/chat/v1/room_pb.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import { publicMember, publicRoom } from "../public-view.ts";
import type { SeenRoom } from "../rooms.ts";
import type { RoomNumbers, UserNumbers } from "../statistics.ts";
import type { Invite } from "../store/invite-store.ts";
import type { MutedMember } from "../store/member-store.ts";
import type { LogEntry } from "../store/moderation-log.ts";

/** Chat's values in the words of the contract, with what only the caller sees. */

/** Timestamps end with the year 9999: what is for good ends there. */
const forGood = Date.UTC(9999, 11, 31, 23, 59, 59);

export function toRoom({ room, role, seesBlockedWords, other }: SeenRoom, onlineCount: number): RoomMessage {
  const message = publicRoom(room);
  message.onlineCount = onlineCount;
  if (role !== undefined) message.myRole = role;
  if (seesBlockedWords) message.blockedWords = [...room.blockedWords];
  if (other !== undefined) {
    message.otherUserId = other.userId;
    message.otherUsername = other.username;
  }
  return message;
}

/** `mutedUntil` is undefined for who is not muted and null for who is for good. */
export function toMember({ member, mutedUntil }: MutedMember, online: ReadonlySet<UserId>): MemberMessage {
  const message = publicMember(member);
  message.isOnline = online.has(member.userId);
  if (mutedUntil !== undefined) message.mutedUntil = timestampFromMs(mutedUntil ?? forGood);
  return message;
}

export function toInvite(invite: Invite): InviteMessage {
  return create(InviteSchema, {
    code: invite.code,
    roomId: invite.roomId,
    createdBy: invite.createdBy,
    createdAt: timestampFromMs(invite.createdAt),
    ...(invite.expiresAt !== null && { expiresAt: timestampFromMs(invite.expiresAt) }),
    maxUses: invite.maxUses,
    uses: invite.uses,
  });
}

export function toLogEntry(entry: LogEntry): ModerationLogEntry {
  return create(ModerationLogEntrySchema, {
    id: entry.id,
    roomId: entry.roomId,
    actorId: entry.actorId,
    targetUserId: entry.targetUserId ?? "0",
    targetMessageId: entry.targetMessageId ?? "",
    action: entry.action,
    reason: entry.reason,
    createdAt: timestampFromMs(entry.at),
  });
}

export function toRoomStats(roomId: RoomId, numbers: RoomNumbers): RoomStats {
  return create(RoomStatsSchema, {
    roomId,
    totalMembers: numbers.members,
    onlineMembers: numbers.online,
    messagesToday: BigInt(numbers.messagesToday),
    totalMessages: BigInt(numbers.messages),
    activeUsers: numbers.activeUsers,
  });
}

export function toActivity(numbers: UserNumbers): UserActivity {
  const { lastActivityAt, isOnline, status } = numbers;
  return create(UserActivitySchema, {
    userId: numbers.userId,
    roomsJoined: numbers.rooms,
    messagesSent: BigInt(numbers.messages),
    ...(lastActivityAt !== undefined && { lastActivityAt: timestampFromMs(lastActivityAt) }),
    isOnline,
    currentStatus: status,
  });
}
