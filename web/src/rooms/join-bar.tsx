import { type Room, RoomVisibility } from "#gen/veza/chat/v1/room_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Button } from "../ui/button.tsx";
import { useAction } from "../ui/use-action.ts";

/** In the composer's place, for who cannot write here: why, and what can be done. */
export function JoinBar({ room }: { readonly room: Room }) {
  const { rooms, places } = useWorkspace();
  const [join, isBusy] = useAction(async () => {
    await rooms.join(room.id);
    // What was said between looking in and joining.
    await places.room(room.id).timeline.reload();
  });
  if (!room.isActive) return <p class="bar">This room is archived: it can be read, not changed.</p>;
  if (room.visibility !== RoomVisibility.OPEN) {
    return <p class="bar">This room is joined by invitation. Ask a member for an invite link.</p>;
  }
  return (
    <div class="bar">
      <p>You are reading along. Join to write.</p>
      <Button kind="primary" isBusy={isBusy} onClick={() => void join()}>
        Join room
      </Button>
    </div>
  );
}
