import type { Queries } from "../../platform/database/database.ts";
import type { MessageId, RoomId, UserId } from "../../platform/ids.ts";
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

/** Keeps what was reported. */
export interface ReportStore {
  /** Keeps a report, in the write that it belongs to. False when this user has an open one on this message already. */
  file(tx: Queries<ChatTables>, report: NewReport): Promise<boolean>;
}
