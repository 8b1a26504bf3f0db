import type { Queries } from "../../platform/database/database.ts";
import type { MessageId, RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

export type LoggedAction =
  | "mute"
  | "unmute"
  | "kick"
  | "ban"
  | "unban"
  | "warn"
  | "delete"
  | "edit"
  | "flag"
  | "role"
  | "resolve";

/** One act of moderation. */
export interface LogEntry {
  /** A UUIDv7: the order of ids is the order of acts. */
  readonly id: string;
  readonly roomId: RoomId;
  readonly actorId: UserId;
  /** Absent when it concerned nobody. */
  readonly targetUserId?: UserId;
  /** Absent when it concerned no message. */
  readonly targetMessageId?: MessageId;
  readonly action: LoggedAction;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Remembers what moderators did. Entries are never changed or removed. */
export interface ModerationLog {
  /** Remembers an act, in the write that it happens in. */
  add(tx: Queries<ChatTables>, entry: Omit<LogEntry, "id">): Promise<void>;
  /** Entries of a room with ids before `before`, the newest first, at most `limit`. */
  list(
    queries: Queries<ChatTables>,
    roomId: RoomId,
    page: { before: string | undefined; limit: number },
  ): Promise<LogEntry[]>;
}
