import { useState } from "preact/hooks";
import { MemberRole, type Room, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { navigate, paths } from "../state/router.ts";
import { note } from "../state/toasts.ts";
import { counted } from "../text/plural.ts";
import { BackLink } from "./back-link.tsx";
import { IconButton } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { EditRoomDialog } from "./edit-room-dialog.tsx";
import { Icon } from "./icon.tsx";
import { InviteDialog } from "./invite-dialog.tsx";
import { useWorkspace } from "./use-workspace.ts";

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
