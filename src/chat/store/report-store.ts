import type { ReportResolution } from "#gen/veza/chat/v1/moderation_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { MessageId, ReportId, RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

/** That somebody found something wrong with a message. */
export interface NewReport {
  readonly roomId: RoomId;
  readonly messageId: MessageId;
  readonly reportedBy: UserId;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** How a report ended, who ended it, and when. */
export interface ReportEnd {
  readonly resolution: ReportResolution;
  readonly resolvedBy: UserId;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A report as it is kept. Its id is a UUIDv7: the order of ids is the order in which reports came. */
export interface StoredReport extends NewReport {
  readonly id: ReportId;
  /** Undefined while it is open. */
  readonly end: ReportEnd | undefined;
}

/** Keeps what was reported. What changes is one part of the write of `tx`. */
export interface ReportStore {
  /** The open report of this user on this message. */
  findOpen(queries: Queries<ChatTables>, messageId: MessageId, reportedBy: UserId): Promise<ReportId | undefined>;
  /** How many open reports a user has, or a room. */
  countOpen(
    queries: Queries<ChatTables>,
    of: { readonly reportedBy: UserId } | { readonly roomId: RoomId },
  ): Promise<number>;
  insert(tx: Queries<ChatTables>, report: NewReport): Promise<ReportId>;
  find(queries: Queries<ChatTables>, id: ReportId): Promise<StoredReport | undefined>;
  /** Open reports of a room with ids after `after`, the oldest first, at most `limit`. */
  open(
    queries: Queries<ChatTables>,
    roomId: RoomId,
    page: { readonly after: string | undefined; readonly limit: number },
  ): Promise<StoredReport[]>;
  end(tx: Queries<ChatTables>, id: ReportId, end: ReportEnd): Promise<void>;
}
