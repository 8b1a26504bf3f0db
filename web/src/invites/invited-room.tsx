import { Link } from "../app/link.tsx";
import { navigate, paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { useAction } from "../ui/use-action.ts";

interface InvitedRoomProps {
  readonly roomId: string;
  readonly inviteCode: string;
  /** Undefined for a room that only members may see. */
  readonly name: string | undefined;
}

/** Somebody followed an invite link. */
export function InvitedRoom({ roomId, inviteCode, name }: InvitedRoomProps) {
  const { rooms } = useWorkspace();
  const [join, isBusy] = useAction(async () => {
    await rooms.join(roomId, inviteCode);
    navigate(paths.room(roomId), { replace: true });
  });
  return (
    <Empty
      isPage
      icon="invite"
      title={name === undefined ? "You are invited to a private room" : `You are invited to “${name}”`}
      text="Once you have joined, you can read it and write in it. You can leave at any time."
    >
      <Button kind="primary" isBusy={isBusy} onClick={() => void join()}>
        Join the room
      </Button>
      <Link to={paths.home} class="button button-plain">
        Not now
      </Link>
    </Empty>
  );
}
