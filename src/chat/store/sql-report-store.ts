import { ReportResolution } from "#gen/veza/chat/v1/moderation_pb.ts";
import { type MessageId, newId, type ReportId, type RoomId, type UserId } from "../../platform/ids.ts";
import type { ReportsTable } from "../tables.ts";
import type { ReportStore, StoredReport } from "./report-store.ts";

/** Reports in SQL. */
export function createSqlReportStore(): ReportStore {
  return {
    async findOpen(queries, messageId, reportedBy) {
      const row = await queries
        .selectFrom("chat_reports")
        .select("id")
        .where("reported_by", "=", Number(reportedBy))
        .where("resolution", "=", ReportResolution.UNSPECIFIED)
        .where("message_id", "=", messageId)
        .executeTakeFirst();
      return row?.id as ReportId | undefined;
    },
    async countOpen(queries, of) {
      const { open } = await queries
        .selectFrom("chat_reports")
        .select((eb) => eb.fn.countAll().as("open"))
        .where((eb) => ("roomId" in of ? eb("room_id", "=", of.roomId) : eb("reported_by", "=", Number(of.reportedBy))))
        .where("resolution", "=", ReportResolution.UNSPECIFIED)
        .executeTakeFirstOrThrow();
      return Number(open);
    },
    async insert(tx, { roomId, messageId, reportedBy, reason, at }) {
      const id = newId<ReportId>();
      await tx
        .insertInto("chat_reports")
        .values({
          id,
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
      return id;
    },
    async find(queries, id) {
      const row = await queries.selectFrom("chat_reports").selectAll().where("id", "=", id).executeTakeFirst();
      return row && reportOf(row);
    },
    async open(queries, roomId, { after, limit }) {
      const rows = await queries
        .selectFrom("chat_reports")
        .selectAll()
        .where("room_id", "=", roomId)
        .where("resolution", "=", ReportResolution.UNSPECIFIED)
        .$if(after !== undefined, (query) => query.where("id", ">", after as string))
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(reportOf);
    },
    async end(tx, id, { resolution, resolvedBy, at }) {
      await tx
        .updateTable("chat_reports")
        .set({ resolution, resolved_by: Number(resolvedBy), resolved_at: at })
        .where("id", "=", id)
        .execute();
    },
  };
}

function reportOf(row: ReportsTable): StoredReport {
  const { resolution, resolved_by, resolved_at } = row;
  return {
    id: row.id as ReportId,
    roomId: row.room_id as RoomId,
    messageId: row.message_id as MessageId,
    reportedBy: String(row.reported_by) as UserId,
    reason: row.reason,
    at: Number(row.created_at),
    end:
      resolved_at === null
        ? undefined
        : {
            resolution: resolution as ReportResolution,
            resolvedBy: String(resolved_by) as UserId,
            at: Number(resolved_at),
          },
  };
}
