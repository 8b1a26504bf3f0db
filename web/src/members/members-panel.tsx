import { useEffect, useRef } from "preact/hooks";
import { type Member, MemberRole, type Room } from "#gen/veza/chat/v1/room_pb.ts";
import { Link } from "../app/link.tsx";
import { paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Avatar } from "../ui/avatar.tsx";
import { IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { complain } from "../ui/toasts.ts";
import { useAction } from "../ui/use-action.ts";

/** Who is in a room. Beside the log where there is room for both, above it elsewhere. */
export function MembersPanel({ room, onClose }: { readonly room: Room; readonly onClose: () => void }) {
  const { people } = useWorkspace();
  const circle = people.in(room.id);
  const members = circle.members.value;
  const panel = useRef<HTMLElement>(null);
  const [readMore, isBusy] = useAction(circle.loadMore);

  useEffect(() => {
    circle.load().catch(complain);
  }, [circle]);

  // Where the panel covers the log it is where one is now.
  useEffect(() => {
    const element = panel.current;
    if (element !== null && getComputedStyle(element).position === "fixed") element.focus();
  }, []);

  return (
    <>
      <button type="button" class="members-veil" tabIndex={-1} aria-label="Back to the messages" onClick={onClose} />
      <aside
        ref={panel}
        class="members"
        aria-label="Members"
        tabIndex={-1}
        onKeyDown={(event) => event.key === "Escape" && onClose()}
      >
        <header class="members-head">
          <h2>Members</h2>
          <IconButton icon="close" label="Close members" onClick={onClose} />
        </header>
        {members === undefined ? (
          <Skeleton label="Loading members" kind="rows" count={5} />
        ) : (
          <ul class="list">
            {ranked(members).map((member) => (
              <MemberRow key={member.userId} member={member} />
            ))}
          </ul>
        )}
        {circle.hasMore.value && (
          <button type="button" class="text-button list-more" aria-busy={isBusy} onClick={() => void readMore()}>
            {isBusy ? "Loading…" : "Show more members"}
          </button>
        )}
      </aside>
    </>
  );
}

function MemberRow({ member }: { readonly member: Member }) {
  const { account } = useWorkspace();
  const { userId, username, role, isOnline } = member;
  const isMe = userId === account.userId;
  const words = (
    <>
      <Avatar userId={userId} username={username} isOnline={isOnline} size="small" />
      <span class="row-name">
        {username}
        {isMe && <span class="row-note"> (you)</span>}
      </span>
      <span class="hidden">{isOnline ? ", online" : ", offline"}</span>
      {ROLES[role] !== undefined && <span class="role">{ROLES[role]}</span>}
    </>
  );
  if (isMe) return <li class="row row-still">{words}</li>;
  return (
    <li>
      <Link to={paths.direct(userId)} class="row">
        {words}
        <span class="row-hint">
          <Icon name="chat" />
          <span class="hidden">: write a direct message</span>
        </span>
      </Link>
    </li>
  );
}

/** Ordinary members need no label. */
const ROLES: Partial<Record<MemberRole, string>> = {
  [MemberRole.OWNER]: "Owner",
  [MemberRole.ADMIN]: "Admin",
  [MemberRole.MODERATOR]: "Moderator",
};

/** Those who are there first, then by what they may do, then by name. */
function ranked(members: readonly Member[]): Member[] {
  return [...members].sort(
    (a, b) => Number(b.isOnline) - Number(a.isOnline) || b.role - a.role || a.username.localeCompare(b.username),
  );
}
