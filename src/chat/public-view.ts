import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Sanction as SanctionMessage, SanctionSchema } from "#gen/veza/chat/v1/moderation_pb.ts";
import {
  type Member as MemberMessage,
  MemberSchema,
  type Room as RoomMessage,
  RoomSchema,
  type UnreadCount,
  UnreadCountSchema,
} from "#gen/veza/chat/v1/room_pb.ts";
import type { Member } from "./store/member-store.ts";
import type { Unread } from "./store/read-state-store.ts";
import type { Room } from "./store/room-store.ts";
import type { Sanction } from "./store/sanction-store.ts";

/** Rooms, members and sanctions in the words of the contract: what all who read a room may see, and events hold. */

export function publicRoom(room: Room): RoomMessage {
  return create(RoomSchema, {
    id: room.id,
    name: room.name,
    description: room.description,
    type: room.type,
    visibility: room.visibility,
    createdBy: room.createdBy,
    createdAt: timestampFromMs(room.createdAt),
    memberCount: room.memberCount,
    isActive: room.isActive,
    headSequence: BigInt(room.headSequence),
    topic: room.topic,
    ...(room.slowModeMs > 0 && { slowMode: durationFromMs(room.slowModeMs) }),
  });
}

export function publicMember(member: Member): MemberMessage {
  return create(MemberSchema, {
    roomId: member.roomId,
    userId: member.userId,
    username: member.username,
    role: member.role,
    joinedAt: timestampFromMs(member.joinedAt),
  });
}

export function publicSanction(sanction: Sanction): SanctionMessage {
  return create(SanctionSchema, {
    id: sanction.id,
    roomId: sanction.roomId,
    userId: sanction.userId,
    username: sanction.username,
    kind: sanction.kind,
    reason: sanction.reason,
    createdBy: sanction.createdBy,
    createdAt: timestampFromMs(sanction.createdAt),
    ...(sanction.expiresAt !== null && { expiresAt: timestampFromMs(sanction.expiresAt) }),
  });
}

/** For the user whose it is alone. */
export function publicUnread({ roomId, unread, mentions, lastReadSequence }: Unread): UnreadCount {
  return create(UnreadCountSchema, { roomId, unread, mentions, lastReadSequence: BigInt(lastReadSequence) });
}
