import { type Sanction, SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { dateOf, shortText } from "../text/times.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { PagedList } from "../ui/paged-list.tsx";
import { useAction } from "../ui/use-action.ts";
import { usePages } from "../ui/use-pages.ts";

/** The mutes and bans that hold in a room now. */
export function SanctionList({ roomId }: { readonly roomId: string }) {
  const { clients } = useWorkspace();
  const pages = usePages(
    async (pageToken) => {
      const page = await clients.chat.listSanctions({ roomId, pageSize: 50, pageToken });
      return { items: page.sanctions, nextPageToken: page.nextPageToken };
    },
    [roomId],
  );
  return (
    <PagedList
      pages={pages}
      label="sanctions"
      empty={{ icon: "shield", title: "Nobody is muted or banned", text: "Mutes and bans that hold are listed here." }}
    >
      {(sanction) => (
        <SanctionCard
          key={sanction.id}
          sanction={sanction}
          onLifted={() => pages.change((items) => items.filter(({ id }) => id !== sanction.id))}
        />
      )}
    </PagedList>
  );
}

function SanctionCard({ sanction, onLifted }: { readonly sanction: Sanction; readonly onLifted: () => void }) {
  const { clients, names } = useWorkspace();
  const { roomId, userId, username, kind, reason, expiresAt, createdBy } = sanction;
  const isBan = kind === SanctionKind.BAN;
  const [lift, isBusy] = useAction(async () => {
    await (isBan ? clients.chat.unbanUser({ roomId, userId }) : clients.chat.unmuteUser({ roomId, userId }));
    onLifted();
  });
  return (
    <li class="slip">
      <header class="slip-head">
        <Avatar userId={userId} username={username} size="small" />
        <div class="slip-words">
          <b>{username}</b>
          <span>
            {isBan ? "Banned" : "Muted"}{" "}
            {expiresAt === undefined ? "for good" : `until ${shortText(dateOf(expiresAt))}`}
          </span>
        </div>
        <Button isBusy={isBusy} onClick={() => void lift()}>
          {isBan ? "Unban" : "Unmute"}
          <span class="hidden"> {username}</span>
        </Button>
      </header>
      <p class="slip-note">
        By {names.of(createdBy) || "somebody"}
        {reason !== "" && `: ${reason}`}
      </p>
    </li>
  );
}
