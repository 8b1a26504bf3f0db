import type { Invite } from "#gen/veza/chat/v1/room_pb.ts";
import { paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { counted } from "../text/plural.ts";
import { dateOf, shortText } from "../text/times.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { copyText } from "../ui/copy-text.ts";
import { useAction } from "../ui/use-action.ts";
import type { Pages } from "../ui/use-pages.ts";

/** The links that still open a room. Not there while there are none. */
export function InviteList({ invites }: { readonly invites: Pages<Invite> }) {
  const { items, hasMore, isBusy, more } = invites;
  if (items === undefined || items.length === 0) return null;
  return (
    <section aria-labelledby="invites-title">
      <h3 id="invites-title" class="small-title">
        Links that work now
      </h3>
      <ul class="plain-list">
        {items.map((invite) => (
          <InviteRow
            key={invite.code}
            invite={invite}
            onRevoked={() => invites.change((all) => all.filter(({ code }) => code !== invite.code))}
          />
        ))}
      </ul>
      {hasMore && (
        <button type="button" class="text-button list-more" aria-busy={isBusy} onClick={more}>
          {isBusy ? "Loading…" : "Show more"}
        </button>
      )}
    </section>
  );
}

function InviteRow({ invite, onRevoked }: { readonly invite: Invite; readonly onRevoked: () => void }) {
  const { clients, names } = useWorkspace();
  const { roomId, code, createdBy, expiresAt, maxUses, uses } = invite;
  const [revoke, isBusy] = useAction(async () => {
    await clients.chat.revokeInvite({ roomId, code });
    onRevoked();
  });
  const used = maxUses === 0 ? `used ${counted(uses, "time")}` : `used ${uses} of ${counted(maxUses, "time")}`;
  return (
    <li class="plain-row">
      <div class="slip-words">
        <b>{code}</b>
        <span>
          By {names.of(createdBy) ?? "…"}, {used}
          {expiresAt !== undefined && `, until ${shortText(dateOf(expiresAt))}`}
        </span>
      </div>
      <IconButton
        icon="link"
        label={`Copy the link ${code}`}
        onClick={() => void copyText(location.origin + paths.invite(roomId, code), "The link is copied.")}
      />
      <Button isBusy={isBusy} onClick={() => void revoke()}>
        Revoke<span class="hidden"> {code}</span>
      </Button>
    </li>
  );
}
