import type { Queries } from "../../platform/database/database.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

/** How many messages there were up to a time, in milliseconds since 1970: -1 before all of them. */
export interface CountedMessages {
  readonly upTo: number;
  readonly messages: number;
}

/** Adds up what rooms and users did. Every number comes from an index; none looks at all messages of a room. */
export interface StatisticsStore {
  /** How many messages were sent in a room since a time, deleted ones included. */
  messagesSince(queries: Queries<ChatTables>, roomId: RoomId, since: number): Promise<number>;
  /** How many users sent a message in a room since a time. Erased accounts do not count. */
  sendersSince(queries: Queries<ChatTables>, roomId: RoomId, since: number): Promise<number>;
  /** How many messages a user has sent anywhere, deleted ones included, as far as they were added up once. */
  counted(queries: Queries<ChatTables>, userId: UserId): Promise<CountedMessages>;
  /** How many a user has sent after a time, up to another: milliseconds since 1970. */
  messagesBetween(queries: Queries<ChatTables>, userId: UserId, after: number, upTo: number): Promise<number>;
  /** Remembers what they add up to. */
  remember(tx: Queries<ChatTables>, userId: UserId, counted: CountedMessages): Promise<void>;
  /** When a user last sent a message or joined one of the rooms that they are in; undefined when never. */
  lastActivityOf(queries: Queries<ChatTables>, userId: UserId): Promise<number | undefined>;
}
