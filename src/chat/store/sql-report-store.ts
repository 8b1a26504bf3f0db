import { ReportResolution } from "#gen/veza/chat/v1/moderation_pb.ts";
import { newId } from "../../platform/ids.ts";
import type { ReportStore } from "./report-store.ts";

/** Reports in SQL. */
export function createSqlReportStore(): ReportStore {
  return {
    async file(tx, { roomId, messageId, reportedBy, reason, at }) {
      const open = await tx
        .selectFrom("chat_reports")
        .select("id")
        .where("room_id", "=", roomId)
        .where("message_id", "=", messageId)
        .where("reported_by", "=", Number(reportedBy))
        .where("resolution", "=", ReportResolution.UNSPECIFIED)
        .limit(1)
        .executeTakeFirst();
      if (open !== undefined) return false;
      await tx
        .insertInto("chat_reports")
        .values({
          id: newId(),
          room_id: roomId,
          message_id: messageId,
          reported_by: Number(reportedBy),
          reason,
          created_at: at,
          resolution: ReportResolution.UNSPECIFIED,
          resolved_by: 0,
          resolved_at: null,
        })
        .execute();
      return true;
    },
  };
}
