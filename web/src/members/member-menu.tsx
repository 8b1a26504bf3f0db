import { useState } from "preact/hooks";
import { type Member, MemberRole, type Room } from "#gen/veza/chat/v1/room_pb.ts";
import { navigate, paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { SanctionDialog, type SanctionVerb } from "../moderation/sanction-dialog.tsx";
import { rankIn } from "../rooms/rank.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { MenuButton, type MenuItem } from "../ui/menu.tsx";
import { complain, note } from "../ui/toasts.ts";
import { GIVEN_ROLES, roleName } from "./roles.ts";

/** What can be done with a member: less for who may do less, and nothing to who is not below. */
export function MemberMenu({ member, room }: { readonly member: Member; readonly room: Room }) {
  const { account, clients } = useWorkspace();
  const [open, setOpen] = useState<SanctionVerb | "hand-over">();
  const close = () => setOpen(undefined);
  const { userId, username, role } = member;
  const { id: roomId, isActive } = room;
  const mine = rankIn(room, account.isAdmin);
  const isBelow = isActive && mine > role;

  const give = (next: MemberRole) =>
    void clients.chat
      .setMemberRole({ roomId, userId, role: next })
      .then(() => note(`${username} is now ${roleName(next)?.toLowerCase() ?? "a member"}.`), complain);
  const unmute = () =>
    void clients.chat.unmuteUser({ roomId, userId }).then(() => note(`${username} may write again.`), complain);

  const talk: MenuItem[] = [{ label: "Write a message", icon: "chat", onSelect: () => navigate(paths.direct(userId)) }];
  const roles: MenuItem[] =
    isBelow && mine >= MemberRole.ADMIN
      ? GIVEN_ROLES.filter((each) => each < mine).map((each) => ({
          label: roleName(each) ?? "Member",
          icon: "people",
          isChosen: each === role,
          onSelect: () => each !== role && give(each),
        }))
      : [];
  if (isActive && mine === MemberRole.OWNER) {
    roles.push({ label: "Hand the room over…", icon: "key", onSelect: () => setOpen("hand-over") });
  }
  const sanctions: MenuItem[] =
    isBelow && mine >= MemberRole.MODERATOR
      ? [
          member.mutedUntil === undefined
            ? { label: "Mute…", icon: "muted", onSelect: () => setOpen("mute") }
            : { label: "Unmute", icon: "microphone", onSelect: unmute },
          { label: "Remove from room…", icon: "leave", isDanger: true, onSelect: () => setOpen("kick") },
          { label: "Ban…", icon: "block", isDanger: true, onSelect: () => setOpen("ban") },
        ]
      : [];

  return (
    <>
      <MenuButton icon="more" label={`Actions for ${username}`} groups={[talk, roles, sanctions]} />
      {open === "hand-over" && (
        <ConfirmDialog
          title={`Hand “${room.name}” over to ${username}?`}
          text={`${username} becomes its owner, and you an admin. Only the new owner can give it back.`}
          verb="Hand over"
          onConfirm={async () => {
            await clients.chat.setMemberRole({ roomId, userId, role: MemberRole.OWNER });
            note(`${username} owns “${room.name}” now.`);
          }}
          onClose={close}
        />
      )}
      {open !== undefined && open !== "hand-over" && (
        <SanctionDialog verb={open} roomId={roomId} userId={userId} username={username} onClose={close} />
      )}
    </>
  );
}
