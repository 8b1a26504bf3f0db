import type { SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import type { MemberRole, RoomType, RoomVisibility } from "#gen/veza/chat/v1/room_pb.ts";
import type { RoomId, SanctionId, UserId } from "../../platform/ids.ts";
import type { MembersTable, RoomsTable, SanctionsTable } from "../tables.ts";
import type { Member } from "./member-store.ts";
import type { Room } from "./room-store.ts";
import type { Sanction } from "./sanction-store.ts";

/** What rows mean. Ids get their types here, flags become booleans, JSON becomes values. */

const noWords: readonly string[] = [];

export function roomOf(row: RoomsTable): Room {
  return {
    id: row.id as RoomId,
    name: row.name,
    description: row.description,
    topic: row.topic,
    type: row.type as RoomType,
    visibility: row.visibility as RoomVisibility,
    createdBy: String(row.created_by) as UserId,
    createdAt: Number(row.created_at),
    isActive: row.is_active !== 0,
    headSequence: Number(row.head_sequence),
    memberCount: row.member_count,
    messageCount: Number(row.message_count),
    slowModeMs: row.slow_mode_ms,
    // Most rooms have none, and every message asks.
    blockedWords: row.blocked_words === "[]" ? noWords : (JSON.parse(row.blocked_words) as string[]),
  };
}

export function memberOf(row: MembersTable): Member {
  return {
    roomId: row.room_id as RoomId,
    userId: String(row.user_id) as UserId,
    username: row.username,
    role: row.role as MemberRole,
    joinedAt: Number(row.joined_at),
    lastMessageAt: Number(row.last_message_at),
    lastReadSequence: Number(row.last_read_sequence),
  };
}

export function sanctionOf(row: SanctionsTable): Sanction {
  return {
    id: row.id as SanctionId,
    roomId: row.room_id as RoomId,
    userId: String(row.user_id) as UserId,
    username: row.username,
    kind: row.kind as SanctionKind,
    reason: row.reason,
    createdBy: String(row.created_by) as UserId,
    createdAt: Number(row.created_at),
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
  };
}
