import type { Queries } from "../../platform/database/database.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

/** Adds up what rooms and users did. Every number comes from an index; none looks at all messages of a room. */
export interface StatisticsStore {
  /** How many messages were sent in a room since a time, deleted ones included. */
  messagesSince(queries: Queries<ChatTables>, roomId: RoomId, since: number): Promise<number>;
  /** How many users sent a message in a room since a time. Erased accounts do not count. */
  sendersSince(queries: Queries<ChatTables>, roomId: RoomId, since: number): Promise<number>;
  /** How many messages a user has sent anywhere, deleted ones included. */
  messagesOf(queries: Queries<ChatTables>, userId: UserId): Promise<number>;
  /** When a user last sent a message or joined one of the rooms that they are in; undefined when never. */
  lastActivityOf(queries: Queries<ChatTables>, userId: UserId): Promise<number | undefined>;
}
