import { useState } from "preact/hooks";
import { LiveList } from "../audio/live-list.tsx";
import { SoundBar } from "../audio/sound-bar.tsx";
import { ConversationList } from "../direct/conversation-list.tsx";
import { NotificationOffer } from "../notifications/notification-offer.tsx";
import { OwnStatus } from "../presence/own-status.tsx";
import { CreateRoomDialog } from "../rooms/create-room-dialog.tsx";
import { DiscoverList } from "../rooms/discover-list.tsx";
import { RoomList } from "../rooms/room-list.tsx";
import { SwitcherButton } from "../switcher/switcher-button.tsx";
import { IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { ConnectionBadge } from "./connection-badge.tsx";
import { Link } from "./link.tsx";
import { Mark } from "./mark.tsx";
import { paths, route } from "./router.ts";

/** Everywhere one can go. */
export function Sidebar() {
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
      <SwitcherButton />
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
      <NotificationOffer />
      <SoundBar />
      <footer class="sidebar-foot">
        <OwnStatus />
        <Link
          to={paths.account}
          class="icon-button account-link"
          label="Account and settings"
          isCurrent={route.value.page === "account"}
        >
          <Icon name="settings" />
        </Link>
      </footer>
      {isCreating && <CreateRoomDialog onClose={() => setCreating(false)} />}
    </div>
  );
}
