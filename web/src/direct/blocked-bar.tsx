import { useWorkspace } from "../app/use-workspace.ts";
import { Button } from "../ui/button.tsx";
import { useAction } from "../ui/use-action.ts";

/** In the composer's place, for who blocked the other. */
export function BlockedBar({ userId, username }: { readonly userId: string; readonly username: string }) {
  const { conversations } = useWorkspace();
  const [unblock, isBusy] = useAction(() => conversations.unblock(userId));
  return (
    <div class="bar">
      <p>You blocked {username}: neither of you can write to the other.</p>
      <Button isBusy={isBusy} onClick={() => void unblock()}>
        Unblock
      </Button>
    </div>
  );
}
