import type { MemberRole } from "#gen/veza/chat/v1/room_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

/** A user's place in a room. Times are milliseconds since 1970. */
export interface Member {
  readonly roomId: RoomId;
  readonly userId: UserId;
  readonly username: string;
  readonly role: MemberRole;
  readonly joinedAt: number;
  /** 0 before the first message. */
  readonly lastMessageAt: number;
  readonly lastReadSequence: number;
}

/** Until when somebody is muted, in milliseconds since 1970; null for good. */
export interface MutedMember {
  readonly member: Member;
  /** Undefined when not muted. */
  readonly mutedUntil: number | null | undefined;
}

/** Keeps who is in which room, and the rooms' counts of them. */
export interface MemberStore {
  /** Adds a member, who has read the `readCount` messages that are there, and counts it. The user must not be one yet. */
  insert(tx: Queries<ChatTables>, member: Member, readCount: number): Promise<void>;
  /** Takes a member away and counts it. The user must be one. */
  remove(tx: Queries<ChatTables>, roomId: RoomId, userId: UserId): Promise<void>;
  /** The member, undefined for who is none. */
  find(queries: Queries<ChatTables>, roomId: RoomId, userId: UserId): Promise<Member | undefined>;
  /** Members by their names as names are compared, see `nameKey`. */
  named(queries: Queries<ChatTables>, roomId: RoomId, keys: readonly string[]): Promise<Member[]>;
  setRole(tx: Queries<ChatTables>, roomId: RoomId, userId: UserId, role: MemberRole): Promise<void>;
  /** Members who joined after `after`, in the order in which they joined, at most `limit`, with mutes that hold at `now`. */
  list(
    queries: Queries<ChatTables>,
    roomId: RoomId,
    page: { after: { joinedAt: number; userId: number } | undefined; limit: number },
    now: number,
  ): Promise<MutedMember[]>;
  /** In how many rooms the user is, direct conversations not counted. */
  countRoomsOf(queries: Queries<ChatTables>, userId: UserId): Promise<number>;
  /** Whether two users are in a room, or talk to each other directly. */
  shareRoom(queries: Queries<ChatTables>, one: UserId, other: UserId): Promise<boolean>;
  /** Of these users, at most 200, those who are in a room with the user: their names. */
  sharing(queries: Queries<ChatTables>, userId: UserId, others: readonly UserId[]): Promise<Map<UserId, string>>;
  /** Of these rooms, those that a user is a member of. */
  inRooms(queries: Queries<ChatTables>, userId: UserId, roomIds: readonly RoomId[]): Promise<RoomId[]>;
  /** Who is in a direct conversation with the user; undefined once the other account is erased. */
  otherIn(queries: Queries<ChatTables>, directRoomId: RoomId, userId: UserId): Promise<Member | undefined>;
  /** Every membership of a user, direct conversations too. */
  ofUser(queries: Queries<ChatTables>, userId: UserId): Promise<Member[]>;
  /** Who takes over when the owner is gone: the highest role, then the longest membership. Undefined in an empty room. */
  heirOf(queries: Queries<ChatTables>, roomId: RoomId): Promise<Member | undefined>;
}
