import { MemberRole } from "#gen/veza/chat/v1/room_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { MembersPanel } from "../members/members-panel.tsx";
import { useSetting } from "../messages/use-place.ts";
import { ModerationPanel } from "../moderation/moderation-panel.tsx";
import { PinsPanel } from "../pins/pins-panel.tsx";
import { SearchPanel } from "../search/search-panel.tsx";
import { ThreadPanel } from "../threads/thread-panel.tsx";

/** What is open beside the log; nothing where there is nothing to show of it. */
export function SidePanel() {
  const { panel } = useWorkspace();
  const { roomId, room, rank } = useSetting();
  const open = panel.in(roomId);
  switch (open?.kind) {
    case "members":
      return room === undefined ? null : <MembersPanel key={room.id} room={room} />;
    case "search":
      return <SearchPanel roomId={roomId} />;
    case "thread":
      return <ThreadPanel key={open.rootId} rootId={open.rootId} />;
    case "pins":
      return <PinsPanel roomId={open.roomId} />;
    case "moderation":
      return room === undefined || rank < MemberRole.MODERATOR ? null : <ModerationPanel key={room.id} room={room} />;
    case undefined:
      return null;
  }
}
