import type { Queries } from "../../platform/database/database.ts";
import type { MessageId, RoomId, UserId } from "../../platform/ids.ts";
import type { EventRange } from "../../rpc/event-feed/event-feed.ts";
import type { ChatTables } from "../tables.ts";

/** The next number of a room, and how many messages it has with that. */
export interface TakenNumber {
  readonly sequence: number;
  readonly messageCount: number;
}

export interface StoredBody {
  readonly sequence: number;
  /** A `ChatEvent` in binary form. */
  readonly body: Uint8Array;
}

export interface InsertedEvent extends StoredBody {
  readonly roomId: RoomId;
  readonly messageId: MessageId | undefined;
  readonly names: readonly UserId[];
}

/** The events of rooms, in the order of their numbers. */
export interface EventStore {
  /** Takes the next number of a room; `messages` more were sent. Undefined when there is no such room. */
  takeNumber(tx: Queries<ChatTables>, roomId: RoomId, messages: 0 | 1): Promise<TakenNumber | undefined>;
  /** Stores an event under a number just taken, and whom it names, so that erasing them finds it. */
  insert(tx: Queries<ChatTables>, event: InsertedEvent): Promise<void>;
  /** Forgets the events up to a number, and whom they named; the room's floor moves there. */
  forget(tx: Queries<ChatTables>, roomId: RoomId, upTo: number): Promise<void>;
  /** Where these rooms stand. Rooms that are not there are missing from the answer. */
  ranges(roomIds: readonly RoomId[]): Promise<Map<RoomId, EventRange>>;
  /** The events after a number, at most `limit`, without holes. Empty when there are none, or they are forgotten. */
  after(roomId: RoomId, sequence: number, limit: number): Promise<StoredBody[]>;
  /** The rooms that a user is a member of, the longest first, at most `limit`. */
  roomsOf(userId: UserId, limit: number): Promise<RoomId[]>;
}
