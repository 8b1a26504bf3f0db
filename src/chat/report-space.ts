import type { Queries } from "../platform/database/database.ts";
import type { RoomId, UserId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { limitReached } from "./errors.ts";
import type { ReportStore } from "./store/report-store.ts";
import type { ChatTables } from "./tables.ts";

const { openReportsPerUser, openReportsPerRoom } = limits.chat;

/** Throws LIMIT_REACHED for one open report too many, of this user or of this room. */
export async function requireReportSpace(
  tx: Queries<ChatTables>,
  store: ReportStore,
  roomId: RoomId,
  userId: UserId,
): Promise<void> {
  if ((await store.countOpen(tx, { reportedBy: userId })) >= openReportsPerUser) {
    throw limitReached("too many of your reports are open: moderators look at them first", openReportsPerUser);
  }
  if ((await store.countOpen(tx, { roomId })) >= openReportsPerRoom) {
    throw limitReached("too many reports of this room are open: moderators look at them first", openReportsPerRoom);
  }
}
