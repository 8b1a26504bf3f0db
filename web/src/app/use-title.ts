import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { route } from "./router.ts";
import { useWorkspace } from "./use-workspace.ts";

/** Keeps the page's title at where one is, with what is unread in front: it is all that a tab shows. */
export function useTitle(): void {
  const { rooms, conversations, streams, unread } = useWorkspace();
  useEffect(
    () =>
      effect(() => {
        const at = route.value;
        const where =
          at.page === "room"
            ? rooms.get(at.roomId)?.name
            : at.page === "direct"
              ? conversations.nameOf(at.userId)
              : at.page === "stream"
                ? streams.get(at.streamId)?.title
                : at.page === "streams"
                  ? "Live audio"
                  : undefined;
        const count = unread.total.value;
        document.title = `${count > 0 ? `(${count}) ` : ""}${where === undefined ? "Veza" : `${where} · Veza`}`;
      }),
    [rooms, conversations, streams, unread],
  );
}
