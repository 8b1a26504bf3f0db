import { useEffect } from "preact/hooks";
import { type Member, MemberRole, type Room } from "#gen/veza/chat/v1/room_pb.ts";
import { Link } from "../app/link.tsx";
import { paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { PanelFrame } from "../panel/panel-frame.tsx";
import { PersonAvatar } from "../presence/person-avatar.tsx";
import { StatusWords } from "../presence/status-words.tsx";
import { isThere } from "../presence/statuses.ts";
import { Skeleton } from "../ui/skeleton.tsx";
import { complain } from "../ui/toasts.ts";
import { useAction } from "../ui/use-action.ts";
import { MemberMenu } from "./member-menu.tsx";
import { roleName } from "./roles.ts";

/** Who is in a room: those who are there first. */
export function MembersPanel({ room }: { readonly room: Room }) {
  const { people, presence } = useWorkspace();
  const circle = people.in(room.id);
  const members = circle.members.value;
  const [readMore, isBusy] = useAction(circle.loadMore);

  useEffect(() => {
    circle.load().catch(complain);
  }, [circle]);
  useEffect(() => presence.want(members?.map(({ userId }) => userId) ?? []), [members]);

  const ranked = [...(members ?? [])].sort(byRank);
  const there = ranked.filter((member) => isThere(presence.of(member.userId), member.isOnline));
  const away = ranked.filter((member) => !there.includes(member));
  return (
    <PanelFrame title="Members">
      {members === undefined ? (
        <Skeleton label="Loading members" kind="rows" count={5} />
      ) : (
        <>
          <MemberGroup title={`Online · ${there.length}`} members={there} room={room} />
          <MemberGroup title={`Offline · ${away.length}`} members={away} room={room} />
        </>
      )}
      {circle.hasMore.value && (
        <button type="button" class="text-button list-more" aria-busy={isBusy} onClick={() => void readMore()}>
          {isBusy ? "Loading…" : "Show more members"}
        </button>
      )}
    </PanelFrame>
  );
}

interface MemberGroupProps {
  readonly title: string;
  readonly members: readonly Member[];
  readonly room: Room;
}

function MemberGroup({ title, members, room }: MemberGroupProps) {
  if (members.length === 0) return null;
  return (
    <section class="member-group" aria-label={title}>
      <h3>{title}</h3>
      <ul class="list">
        {members.map((member) => (
          <MemberRow key={member.userId} member={member} room={room} />
        ))}
      </ul>
    </section>
  );
}

function MemberRow({ member, room }: { readonly member: Member; readonly room: Room }) {
  const { account } = useWorkspace();
  const { userId, username, role, isOnline } = member;
  const isMe = userId === account.userId;
  const words = (
    <>
      <PersonAvatar userId={userId} username={username} isOnline={isOnline} />
      <span class="row-words">
        <span class="row-name">
          {username}
          {isMe && <span class="row-note"> (you)</span>}
        </span>
        <StatusWords userId={userId} isOnline={isOnline} />
      </span>
      {roleName(role) !== undefined && <span class="role">{roleName(role)}</span>}
      {member.mutedUntil !== undefined && <span class="role role-warn">Muted</span>}
    </>
  );
  return (
    <li class="member">
      {isMe ? (
        <span class="row row-still">{words}</span>
      ) : (
        <Link to={paths.direct(userId)} class="row">
          {words}
          <span class="hidden">: write a direct message</span>
        </Link>
      )}
      {!isMe && <MemberMenu member={member} room={room} />}
    </li>
  );
}

/** By what they may do, then by name. */
function byRank(a: Member, b: Member): number {
  return (b.role || MemberRole.MEMBER) - (a.role || MemberRole.MEMBER) || a.username.localeCompare(b.username);
}
