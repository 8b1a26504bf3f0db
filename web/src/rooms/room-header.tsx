import { useState } from "preact/hooks";
import { MemberRole, type Room, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { BackLink } from "../app/back-link.tsx";
import { navigate, paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { InviteDialog } from "../invites/invite-dialog.tsx";
import { counted } from "../text/plural.ts";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { note } from "../ui/toasts.ts";
import { EditRoomDialog } from "./edit-room-dialog.tsx";

interface RoomHeaderProps {
  readonly room: Room;
  readonly showsMembers: boolean;
  readonly onToggleMembers: () => void;
}

export function RoomHeader({ room, showsMembers, onToggleMembers }: RoomHeaderProps) {
  const { rooms } = useWorkspace();
  const [open, setOpen] = useState<"invite" | "edit" | "leave">();
  const close = () => setOpen(undefined);
  const role = room.myRole ?? MemberRole.UNSPECIFIED;
  const isPrivate = room.type === RoomType.PRIVATE;
  const canInvite = room.isActive && role >= (isPrivate ? MemberRole.MODERATOR : MemberRole.MEMBER);
  const canEdit = room.isActive && role >= MemberRole.ADMIN;
  const canLeave = role !== MemberRole.UNSPECIFIED && role !== MemberRole.OWNER;
  const about = room.topic || room.description;
  return (
    <header class="place-head">
      <BackLink />
      <div class="place-title">
        <h1>
          <Icon name={isPrivate ? "lock" : "hash"} />
          <span>{room.name}</span>
        </h1>
        <p title={about}>
          {counted(room.memberCount, "member")}
          {about !== "" && ` · ${about}`}
        </p>
      </div>
      <div class="place-actions">
        {canInvite && <IconButton icon="invite" label="Invite people" onClick={() => setOpen("invite")} />}
        {canEdit && <IconButton icon="pencil" label="Edit room" onClick={() => setOpen("edit")} />}
        {canLeave && <IconButton icon="leave" label="Leave room" onClick={() => setOpen("leave")} />}
        <IconButton icon="people" label="Members" isPressed={showsMembers} onClick={onToggleMembers} />
      </div>
      {open === "invite" && <InviteDialog room={room} onClose={close} />}
      {open === "edit" && <EditRoomDialog room={room} onClose={close} />}
      {open === "leave" && (
        <ConfirmDialog
          title={`Leave “${room.name}”?`}
          text={
            isPrivate
              ? "You will no longer see this room. To come back you need a new invite link."
              : "You can join again at any time."
          }
          verb="Leave"
          onConfirm={async () => {
            await rooms.leave(room.id);
            note(`You left “${room.name}”.`);
            navigate(paths.home);
          }}
          onClose={close}
        />
      )}
    </header>
  );
}
