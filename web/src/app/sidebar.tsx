import { useState } from "preact/hooks";
import { LiveList } from "../audio/live-list.tsx";
import { SoundBar } from "../audio/sound-bar.tsx";
import { ConversationList } from "../direct/conversation-list.tsx";
import { CreateRoomDialog } from "../rooms/create-room-dialog.tsx";
import { DiscoverList } from "../rooms/discover-list.tsx";
import { RoomList } from "../rooms/room-list.tsx";
import { Avatar } from "../ui/avatar.tsx";
import { IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { ConnectionBadge } from "./connection-badge.tsx";
import { Link } from "./link.tsx";
import { Mark } from "./mark.tsx";
import { paths, route } from "./router.ts";
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
