import { counted } from "../text/plural.ts";
import { useAction } from "../ui/use-action.ts";
import type { Timeline } from "./timeline.ts";
import type { NewLine } from "./use-new-line.ts";

/** For who comes back to more than fits: how much is new, the way to where it begins, and the way past it. */
export function UnreadBar({ timeline, line }: { readonly timeline: Timeline; readonly line: NewLine }) {
  const [show, isBusy] = useAction(() => timeline.showFirstAfter(line.after));
  return (
    <aside class="unread-bar" aria-label="New messages">
      <b>{counted(line.count, "new message")}</b>
      <button type="button" class="text-button" aria-busy={isBusy} onClick={() => void show()}>
        {isBusy ? "Looking…" : "Go to the first"}
      </button>
      <button type="button" class="text-button" onClick={line.clear}>
        Mark as read
      </button>
    </aside>
  );
}
