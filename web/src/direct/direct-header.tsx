import { useState } from "preact/hooks";
import type { Conversation } from "#gen/veza/chat/v1/message_pb.ts";
import { BackLink } from "../app/back-link.tsx";
import { useWorkspace } from "../app/use-workspace.ts";
import { PersonAvatar } from "../presence/person-avatar.tsx";
import { statusName, statusOf } from "../presence/statuses.ts";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { MenuButton, type MenuItem } from "../ui/menu.tsx";
import { complain } from "../ui/toasts.ts";

interface DirectHeaderProps {
  readonly userId: string;
  readonly username: string;
  /** Undefined while nothing was said. */
  readonly conversation: Conversation | undefined;
}

/** With whom one talks. */
export function DirectHeader({ userId, username, conversation }: DirectHeaderProps) {
  const { presence, panel, conversations } = useWorkspace();
  const [isAsking, setAsking] = useState(false);
  const isOnline = conversation?.isOnline ?? false;
  const known = presence.of(userId);
  const status = statusName(statusOf(known, isOnline));
  const roomId = conversation?.roomId;
  const isBlocked = conversation?.isBlocked ?? false;

  const look: MenuItem[] =
    roomId === undefined
      ? []
      : [{ label: "Pinned messages", icon: "pin", onSelect: () => panel.show({ kind: "pins", roomId }) }];
  const block: MenuItem = isBlocked
    ? { label: "Unblock", icon: "block", onSelect: () => void conversations.unblock(userId).catch(complain) }
    : { label: "Block…", icon: "block", isDanger: true, onSelect: () => setAsking(true) };

  return (
    <header class="place-head">
      <BackLink />
      <PersonAvatar userId={userId} username={username} isOnline={isOnline} size="medium" />
      <div class="place-title">
        <h1>
          <span>{username}</span>
        </h1>
        <p>{known?.statusText || status.charAt(0).toUpperCase() + status.slice(1)}</p>
      </div>
      <div class="place-actions">
        <IconButton
          icon="search"
          label="Search"
          isPressed={panel.isOpen("search")}
          onClick={() => panel.toggle({ kind: "search" })}
        />
        <MenuButton icon="more" label="Conversation menu" groups={[look, [block]]} />
      </div>
      {isAsking && (
        <ConfirmDialog
          title={`Block ${username}?`}
          text="Neither of you can write to the other until you unblock them. They are not told."
          verb="Block"
          onConfirm={() => conversations.block(userId)}
          onClose={() => setAsking(false)}
        />
      )}
    </header>
  );
}
