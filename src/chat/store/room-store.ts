import type { MemberRole, RoomType, RoomVisibility } from "#gen/veza/chat/v1/room_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

/** A place to talk in. Times are milliseconds since 1970. */
export interface Room {
  readonly id: RoomId;
  readonly name: string;
  readonly description: string;
  readonly topic: string;
  readonly type: RoomType;
  readonly visibility: RoomVisibility;
  readonly createdBy: UserId;
  readonly createdAt: number;
  /** False once archived. */
  readonly isActive: boolean;
  /** The number of the last event. */
  readonly headSequence: number;
  readonly memberCount: number;
  readonly messageCount: number;
  /** 0 when there is no slow mode. */
  readonly slowModeMs: number;
  /** Lower case. */
  readonly blockedWords: readonly string[];
}

export type NewRoom = Pick<Room, "id" | "name" | "description" | "type" | "visibility" | "createdBy" | "createdAt">;

/** What can be changed about a room. */
export type RoomSettings = Pick<Room, "name" | "description" | "topic" | "slowModeMs" | "blockedWords">;

/** Rooms that somebody may find: listed ones that still live and did not ban them, and those that they are in. */
export interface RoomFilter {
  readonly userId: UserId;
  readonly joinedOnly: boolean;
  /** Milliseconds since 1970: bans that ran out by then do not count. */
  readonly now: number;
}

/** Keeps rooms. Direct conversations are rooms too, but no list here shows them. */
export interface RoomStore {
  /** Adds a room without members and events. The id has to be new. */
  insert(tx: Queries<ChatTables>, room: NewRoom): Promise<void>;
  /** The room, undefined when there is none. */
  find(queries: Queries<ChatTables>, roomId: RoomId): Promise<Room | undefined>;
  /** Replaces the settings given and leaves the others as they are. */
  update(tx: Queries<ChatTables>, roomId: RoomId, settings: Partial<RoomSettings>): Promise<void>;
  /** Changes what kind of room it is. */
  setKind(tx: Queries<ChatTables>, roomId: RoomId, kind: Pick<Room, "type" | "visibility">): Promise<void>;
  /** Closes the room for good. */
  archive(tx: Queries<ChatTables>, roomId: RoomId): Promise<void>;
  /** How many rooms that are not archived this user made. */
  countMadeBy(queries: Queries<ChatTables>, userId: UserId): Promise<number>;
  /** Rooms with ids before `before`, the newest first, at most `limit`; each with the user's role in it. */
  list(
    queries: Queries<ChatTables>,
    filter: RoomFilter,
    page: { before: RoomId | undefined; limit: number },
  ): Promise<ListedRoom[]>;
  /** How many rooms `list` finds on all pages. */
  count(queries: Queries<ChatTables>, filter: RoomFilter): Promise<number>;
}

export interface ListedRoom {
  readonly room: Room;
  /** Undefined for who is not a member. */
  readonly role: MemberRole | undefined;
}
