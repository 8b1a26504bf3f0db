import { useEffect, useState } from "preact/hooks";
import { counted } from "../text/plural.ts";
import { useAction } from "../ui/use-action.ts";
import type { Timeline } from "./timeline.ts";
import type { NewLine } from "./use-new-line.ts";

interface UnreadBarProps {
  readonly timeline: Timeline;
  readonly line: NewLine;
  /** Whether the line stands in the log as far as it is shown. */
  readonly isShown: boolean;
  readonly box: { readonly current: HTMLElement | null };
}

/** For who comes back to more than fits: how much is new, the way to where it begins, and the way past it. */
export function UnreadBar({ timeline, line, isShown, box }: UnreadBarProps) {
  const [sight, setSight] = useState<"unknown" | "out" | "seen">("unknown");
  const [show, isBusy] = useAction(() => timeline.showFirstAfter(line.after));

  useEffect(() => {
    const element = isShown ? box.current?.querySelector(".unread-line") : undefined;
    if (element == null) {
      setSight("out");
      return;
    }
    const watch = new IntersectionObserver(
      ([entry]) => setSight((before) => (entry?.isIntersecting || before === "seen" ? "seen" : "out")),
      { root: box.current },
    );
    watch.observe(element);
    return () => watch.disconnect();
  }, [isShown]);

  // Whoever has seen where it begins reads on from there.
  if (sight !== "out") return null;
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
