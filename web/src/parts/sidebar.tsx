import { useState } from "preact/hooks";
import { paths, route } from "../state/router.ts";
import { Avatar } from "./avatar.tsx";
import { IconButton } from "./button.tsx";
import { ConnectionBadge } from "./connection-badge.tsx";
import { ConversationList } from "./conversation-list.tsx";
import { CreateRoomDialog } from "./create-room-dialog.tsx";
import { DiscoverList } from "./discover-list.tsx";
import { Icon } from "./icon.tsx";
import { Link } from "./link.tsx";
import { LiveList } from "./live-list.tsx";
import { Mark } from "./mark.tsx";
import { RoomList } from "./room-list.tsx";
import { SoundBar } from "./sound-bar.tsx";
import { useWorkspace } from "./use-workspace.ts";

/** Everywhere one can go. */
export function Sidebar() {
  const { account } = useWorkspace();
  const [isCreating, setCreating] = useState(false);
  return (
    <div class="sidebar">
      <header class="sidebar-head">
        <Link to={paths.home} class="brand">
          <Mark />
          <span>Veza</span>
        </Link>
        <ConnectionBadge />
      </header>
      <nav class="sidebar-lists" tabIndex={-1} aria-label="Rooms, streams and conversations">
        <section aria-labelledby="rooms-title">
          <div class="list-head">
            <h2 id="rooms-title">Rooms</h2>
            <IconButton icon="plus" label="Create a room" onClick={() => setCreating(true)} />
          </div>
          <RoomList onCreate={() => setCreating(true)} />
        </section>
        <LiveList />
        <ConversationList />
        <DiscoverList />
      </nav>
      <SoundBar />
      <footer class="sidebar-foot">
        <Link to={paths.account} class="account-link" isCurrent={route.value.page === "account"}>
          <Avatar userId={account.userId} username={account.username} size="small" />
          <span class="account-name">{account.username}</span>
          <span class="hidden">: account and settings</span>
          <Icon name="settings" />
        </Link>
      </footer>
      {isCreating && <CreateRoomDialog onClose={() => setCreating(false)} />}
    </div>
  );
}
