import type { Queries } from "../../platform/database/database.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { StoredMessage } from "./message-store.ts";
import type { NewRoom } from "./room-store.ts";

export interface DirectUser {
  readonly userId: UserId;
  readonly username: string;
}

/** A conversation, seen from one of its two users. */
export interface StoredConversation {
  readonly roomId: RoomId;
  /** Absent once the other account is erased. */
  readonly other: DirectUser | undefined;
  readonly lastMessage: StoredMessage;
  /** How many of the other's messages were not read. */
  readonly unread: number;
  /** Whether the user has blocked the other one. */
  readonly isBlocked: boolean;
  /** When it was last written in: milliseconds since 1970. */
  readonly lastUsedAt: number;
}

/** The last conversation of the page before. */
export interface ConversationKey {
  readonly lastUsedAt: number;
  readonly roomId: RoomId;
}

type Tx = Queries<ChatTables>;

/** Remembers who talks with whom, and who does not want to. What changes is one part of the write of `tx`. */
export interface DirectStore {
  /** The room of two users, whichever of them is named first. */
  findRoom(queries: Tx, one: UserId, other: UserId): Promise<RoomId | undefined>;
  /** Adds the room of two users, without members. False when they have one already: nothing was changed then. */
  insertRoom(tx: Tx, room: NewRoom, one: UserId, other: UserId): Promise<boolean>;
  /** Puts a room on top of both users' conversations, for a message that its sender has not marked as read. */
  touch(tx: Tx, roomId: RoomId, senderId: UserId, at: number): Promise<void>;
  /** A user's conversations, the last used first. Costs the same number of queries however many there are. */
  conversations(
    queries: Tx,
    userId: UserId,
    page: { readonly after: ConversationKey | undefined; readonly limit: number },
  ): Promise<StoredConversation[]>;

  /** Whether one of the two has blocked the other. */
  isBlocked(queries: Tx, one: UserId, other: UserId): Promise<boolean>;
  /** Of these users, at most 200, those who have blocked the user, or whom the user has blocked. */
  apartFrom(queries: Tx, userId: UserId, others: readonly UserId[]): Promise<Set<UserId>>;
  /** Whom each of these users, at most 200, has blocked; those who blocked nobody are missing. */
  blockedBy(queries: Tx, userIds: readonly UserId[]): Promise<Map<UserId, UserId[]>>;
  /** False when it was so already. */
  block(tx: Tx, userId: UserId, blockedId: UserId): Promise<boolean>;
  /** How many others a user blocks. */
  countBlocks(queries: Tx, userId: UserId): Promise<number>;
  /** False when there was nothing to lift. */
  unblock(tx: Tx, userId: UserId, blockedId: UserId): Promise<boolean>;
}
