import type { MessageType } from "#gen/veza/chat/v1/message_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { MessageId, RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { AttachedFile } from "./attachment-store.ts";
import type { ReactionSum } from "./reaction-sums.ts";

/** A user whom a message mentions. */
export interface Mentioned {
  readonly userId: UserId;
  readonly username: string;
}

/** A message as it is kept. Times are milliseconds since 1970. */
export interface StoredMessage {
  readonly id: MessageId;
  readonly roomId: RoomId;
  readonly sequence: number;
  /** `"0"` once the account is erased. */
  readonly senderId: UserId;
  readonly senderUsername: string;
  /** Empty once deleted. */
  readonly content: string;
  readonly type: MessageType;
  readonly createdAt: number;
  /** When it was last edited or deleted. */
  readonly updatedAt: number | undefined;
  readonly isEdited: boolean;
  readonly isDeleted: boolean;
  readonly replyTo: MessageId | undefined;
  readonly replyCount: number;
  /** How many messages the room had with this one, deleted ones included. */
  readonly ordinal: number;
  /** In the order in which they are named. */
  readonly mentions: readonly Mentioned[];
  /** What came with it; none once deleted. */
  readonly files: readonly AttachedFile[];
  /** In the order in which the emoji first appeared. */
  readonly reactions: readonly ReactionSum[];
  /** The number of the event that pinned it. */
  readonly pinnedSequence: number | undefined;
}

/** Which messages of a room: those between two numbers, neither included. */
export interface MessageRange {
  readonly roomId: RoomId;
  /** Absent: from the first message. */
  readonly after?: number | undefined;
  /** Absent: to the last message. */
  readonly before?: number | undefined;
  /** Which end of the range counts when it holds more than `limit`. */
  readonly nearest: "oldest" | "newest";
  readonly limit: number;
}

type Tx = Queries<ChatTables>;

/** Remembers what was said. Every method that changes something is one part of the write that `tx` belongs to. */
export interface MessageStore {
  /** Keeps a new message. */
  insert(tx: Tx, message: StoredMessage): Promise<void>;
  /** Remembers when a member last wrote, for slow mode, and that this is an own message that is not marked as read. */
  rememberWriting(tx: Tx, roomId: RoomId, userId: UserId, at: number): Promise<void>;
  /** Counts an answer. False when the room holds no such message, or only a deleted one: nothing was counted then. */
  countReply(tx: Tx, roomId: RoomId, messageId: MessageId): Promise<boolean>;
  /** Replaces what a message says and whom it mentions, and marks it as edited. */
  rewrite(tx: Tx, message: Pick<StoredMessage, "id" | "content" | "mentions">, at: number): Promise<void>;
  /**
   * Takes the words, the reactions, the mentions and the pin out of a message, and the words out of every stored event that holds
   * them; the place in the room stays.
   */
  blank(tx: Tx, messageId: MessageId, at: number): Promise<void>;
  /** Messages of a user, at most `limit`. */
  authored(queries: Tx, userId: UserId, limit: number): Promise<Pick<StoredMessage, "id" | "roomId">[]>;
  /** Takes the sender out of these messages of a user and of their stored events; the words stay. */
  redactAuthor(tx: Tx, userId: UserId, messageIds: readonly MessageId[]): Promise<void>;
  /** Pins a message by the event of this number; null unpins it. */
  setPinned(tx: Tx, messageId: MessageId, sequence: number | null): Promise<void>;

  /** A message, deleted ones included. */
  find(queries: Tx, messageId: MessageId): Promise<StoredMessage | undefined>;
  /** Those of these messages that there are, at most 500 asked for. */
  findAll(queries: Tx, messageIds: readonly MessageId[]): Promise<Map<MessageId, StoredMessage>>;
  /** The number of a message in this room. Undefined for a message of another room. */
  sequenceOf(queries: Tx, roomId: RoomId, messageId: MessageId): Promise<number | undefined>;
  /** Messages of one room, the newest first. The cost grows with `limit`, not with the room. */
  range(queries: Tx, range: MessageRange): Promise<StoredMessage[]>;
  /** The answers to a message with numbers after `after`, the oldest first, at most `limit`. */
  answers(queries: Tx, messageId: MessageId, page: { after: number; limit: number }): Promise<StoredMessage[]>;
  /** The pinned messages of a room, the last pinned first, at most `limit`. */
  pinned(queries: Tx, roomId: RoomId, limit: number): Promise<StoredMessage[]>;
}
