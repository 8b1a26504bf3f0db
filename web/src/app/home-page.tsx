import { useState } from "preact/hooks";
import { CreateRoomDialog } from "../rooms/create-room-dialog.tsx";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { useWorkspace } from "./use-workspace.ts";

/** Beside the list while nothing is open. On a phone the list has the page for itself. */
export function HomePage() {
  const { account, rooms } = useWorkspace();
  const [isCreating, setCreating] = useState(false);
  const isNew = rooms.isLoaded.value && rooms.joined.value.length === 0;
  const hasRooms = rooms.discoverable.value.length > 0;
  return (
    <>
      <Empty
        isPage
        icon="chat"
        title={`Hello, ${account.username}`}
        text={
          !isNew
            ? "Pick a room or a conversation to read on, or begin something new."
            : hasRooms
              ? "Join one of the rooms in the list, or create your own."
              : "It is quiet here. Create the first room and invite others to it."
        }
      >
        <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
          Create a room
        </Button>
      </Empty>
      {isCreating && <CreateRoomDialog onClose={() => setCreating(false)} />}
    </>
  );
}
