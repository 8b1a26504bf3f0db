import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { type Report, ReportSchema } from "#gen/veza/chat/v1/moderation_pb.ts";
import type { MessageId, ReportId, RoomId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { ShowMessage } from "../message-view.ts";
import type { Reports, SeenReport } from "../reports.ts";

export function reportHandlers(needs: {
  reports: Reports;
  show: ShowMessage;
}): Partial<ServiceImpl<typeof ChatService>> {
  const { reports, show } = needs;
  return {
    async reportMessage({ messageId, reason }, context) {
      return { reportId: await reports.file(principalOf(context), messageId as MessageId, reason) };
    },
    async listReports(request, context) {
      const list = `reports.${request.roomId}`;
      const page = readPage(request, list, ["string"]);
      const after = page.after?.[0] as string | undefined;
      const found = await reports.open(principalOf(context), request.roomId as RoomId, { after, limit: page.size + 1 });
      const { items, nextPageToken } = cutPage(found, page, list, ({ report }) => [report.id]);
      return { reports: items.map((each) => toReport(each, show)), nextPageToken };
    },
    async resolveReport({ reportId, resolution }, context) {
      const resolved = await reports.resolve(principalOf(context), reportId as ReportId, resolution);
      return { report: toReport(resolved, show) };
    },
  };
}

function toReport({ report, message }: SeenReport, show: ShowMessage): Report {
  const { id, roomId, reportedBy, reason, at, end } = report;
  return create(ReportSchema, {
    id,
    roomId,
    message: show(message),
    reportedBy,
    reason,
    createdAt: timestampFromMs(at),
    ...(end !== undefined && {
      resolution: end.resolution,
      resolvedBy: end.resolvedBy,
      resolvedAt: timestampFromMs(end.at),
    }),
  });
}
