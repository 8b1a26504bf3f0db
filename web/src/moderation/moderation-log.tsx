import type { ModerationLogEntry } from "#gen/veza/chat/v1/moderation_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { dateOf, shortText } from "../text/times.ts";
import { PagedList } from "../ui/paged-list.tsx";
import { usePages } from "../ui/use-pages.ts";

/** What moderators did in a room, the newest first. */
export function ModerationLog({ roomId }: { readonly roomId: string }) {
  const { clients } = useWorkspace();
  const pages = usePages(
    async (pageToken) => {
      const page = await clients.chat.listModerationLog({ roomId, pageSize: 50, pageToken });
      return { items: page.entries, nextPageToken: page.nextPageToken };
    },
    [roomId],
  );
  return (
    <PagedList
      pages={pages}
      label="moderation log"
      empty={{ icon: "shield", title: "Nothing was done yet", text: "What moderators do stands here for good." }}
    >
      {(entry) => <LogEntry key={entry.id} entry={entry} />}
    </PagedList>
  );
}

function LogEntry({ entry }: { readonly entry: ModerationLogEntry }) {
  const { names } = useWorkspace();
  const { actorId, targetUserId, action, reason, createdAt } = entry;
  const whom = targetUserId === "0" ? "" : (names.of(targetUserId) ?? "…");
  return (
    <li class="slip slip-line">
      <p>
        <b>{names.of(actorId) || "Somebody"}</b> {ACTIONS[action] ?? action} <b>{whom}</b>
        {reason !== "" && `: ${reason}`}
      </p>
      <p class="slip-note">{shortText(dateOf(createdAt))}</p>
    </li>
  );
}

/** What the log's words mean, between who and whom. */
const ACTIONS: Partial<Record<string, string>> = {
  mute: "muted",
  unmute: "unmuted",
  kick: "removed",
  ban: "banned",
  unban: "unbanned",
  warn: "warned",
  delete: "deleted a message of",
  edit: "edited a message of",
  flag: "flagged a message of",
  role: "changed the role of",
  resolve: "resolved a report about",
};
