import { useState } from "preact/hooks";
import { MemberRole, type Room, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { BackLink } from "../app/back-link.tsx";
import { navigate, paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { InviteDialog } from "../invites/invite-dialog.tsx";
import { counted } from "../text/plural.ts";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { copyText } from "../ui/copy-text.ts";
import { Icon } from "../ui/icon.tsx";
import { MenuButton, type MenuItem } from "../ui/menu.tsx";
import { note } from "../ui/toasts.ts";
import { rankIn } from "./rank.ts";
import { RoomSettingsDialog } from "./room-settings-dialog.tsx";
import { RoomStatsDialog } from "./room-stats-dialog.tsx";

/** The name of a room, and what can be done with it. */
export function RoomHeader({ room }: { readonly room: Room }) {
  const { account, rooms, panel } = useWorkspace();
  const [open, setOpen] = useState<"invite" | "stats" | "settings" | "leave" | "archive">();
  const close = () => setOpen(undefined);
  const { id: roomId, name, isActive } = room;
  const role = room.myRole ?? MemberRole.UNSPECIFIED;
  const rank = rankIn(room, account.isAdmin);
  const isPrivate = room.type === RoomType.PRIVATE;
  const about = room.topic || room.description;
  const isModerator = rank >= MemberRole.MODERATOR;

  const look: MenuItem[] = [
    { label: "Pinned messages", icon: "pin", onSelect: () => panel.show({ kind: "pins", roomId }) },
    { label: "Statistics…", icon: "chart", onSelect: () => setOpen("stats") },
    {
      label: "Copy link to room",
      icon: "link",
      onSelect: () => void copyText(location.origin + paths.room(roomId), "The link is copied."),
    },
  ];
  const change: MenuItem[] = [];
  if (isActive && rank >= (isPrivate ? MemberRole.MODERATOR : MemberRole.MEMBER)) {
    change.push({ label: "Invite people…", icon: "invite", onSelect: () => setOpen("invite") });
  }
  if (isModerator) {
    change.push({ label: "Moderation", icon: "shield", onSelect: () => panel.show({ kind: "moderation", roomId }) });
  }
  if (isActive && rank >= MemberRole.ADMIN) {
    change.push({ label: "Room settings…", icon: "settings", onSelect: () => setOpen("settings") });
  }
  const end: MenuItem[] = [];
  if (role !== MemberRole.UNSPECIFIED && role !== MemberRole.OWNER) {
    end.push({ label: "Leave room…", icon: "leave", isDanger: true, onSelect: () => setOpen("leave") });
  }
  if (isActive && role === MemberRole.OWNER) {
    end.push({ label: "Archive room…", icon: "archive", isDanger: true, onSelect: () => setOpen("archive") });
  }

  return (
    <header class="place-head">
      <BackLink />
      <div class="place-title">
        <h1>
          <Icon name={isPrivate ? "lock" : "hash"} />
          <span>{name}</span>
        </h1>
        <p title={about}>
          {counted(room.memberCount, "member")}
          {about !== "" && ` · ${about}`}
        </p>
      </div>
      <div class="place-actions">
        <IconButton
          icon="search"
          label="Search"
          isPressed={panel.isOpen("search")}
          onClick={() => panel.toggle({ kind: "search" })}
        />
        <IconButton
          icon="people"
          label="Members"
          isPressed={panel.isOpen("members")}
          onClick={() => panel.toggle({ kind: "members" })}
        />
        <MenuButton icon="more" label="Room menu" groups={[look, change, end]} />
      </div>
      {open === "invite" && <InviteDialog room={room} onClose={close} />}
      {open === "stats" && <RoomStatsDialog room={room} onClose={close} />}
      {open === "settings" && <RoomSettingsDialog room={room} onClose={close} />}
      {open === "leave" && (
        <ConfirmDialog
          title={`Leave “${name}”?`}
          text={
            isPrivate
              ? "You will no longer see this room. To come back you need a new invite link."
              : "You can join again at any time."
          }
          verb="Leave"
          onConfirm={async () => {
            await rooms.leave(roomId);
            note(`You left “${name}”.`);
            navigate(paths.home);
          }}
          onClose={close}
        />
      )}
      {open === "archive" && (
        <ConfirmDialog
          title={`Archive “${name}”?`}
          text="It can still be read and searched, and nobody can write in it any more. This cannot be taken back."
          verb="Archive"
          onConfirm={() => rooms.archive(roomId)}
          onClose={close}
        />
      )}
    </header>
  );
}
