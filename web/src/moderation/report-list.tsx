import { type Report, ReportResolution } from "#gen/veza/chat/v1/moderation_pb.ts";
import { paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { JumpLink } from "../messages/jump-link.tsx";
import { dateOf, shortText } from "../text/times.ts";
import { Button } from "../ui/button.tsx";
import { PagedList } from "../ui/paged-list.tsx";
import { useAction } from "../ui/use-action.ts";
import { usePages } from "../ui/use-pages.ts";
import { QuotedMessage } from "./quoted-message.tsx";

/** What was reported in a room, and waits for somebody to look at it. */
export function ReportList({ roomId }: { readonly roomId: string }) {
  const { clients } = useWorkspace();
  const pages = usePages(
    async (pageToken) => {
      const page = await clients.chat.listReports({ roomId, pageSize: 50, pageToken });
      return { items: page.reports, nextPageToken: page.nextPageToken };
    },
    [roomId],
  );
  return (
    <PagedList
      pages={pages}
      label="reports"
      empty={{ icon: "flag", title: "Nothing to look at", text: "What members report is listed here." }}
    >
      {(report) => (
        <ReportCard
          key={report.id}
          report={report}
          onResolved={() => pages.change((items) => items.filter(({ id }) => id !== report.id))}
        />
      )}
    </PagedList>
  );
}

function ReportCard({ report, onResolved }: { readonly report: Report; readonly onResolved: () => void }) {
  const { clients, names } = useWorkspace();
  const [resolve, isBusy] = useAction(async (resolution: ReportResolution) => {
    await clients.chat.resolveReport({ reportId: report.id, resolution });
    onResolved();
  });
  const { message, reportedBy, reason, createdAt } = report;
  return (
    <li class="slip">
      <p class="slip-note">
        <b>{names.of(reportedBy) || "Somebody"}</b> reported, {shortText(dateOf(createdAt))}
      </p>
      {reason !== "" && <p>{reason}</p>}
      {message !== undefined && (
        <>
          <QuotedMessage message={message} />
          <JumpLink to={paths.room(report.roomId, message.id)} />
        </>
      )}
      <div class="slip-actions">
        <Button isBusy={isBusy} onClick={() => void resolve(ReportResolution.DISMISSED)}>
          Dismiss
        </Button>
        <Button kind="primary" isBusy={isBusy} onClick={() => void resolve(ReportResolution.ACTED)}>
          Dealt with
        </Button>
      </div>
    </li>
  );
}
