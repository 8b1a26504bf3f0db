import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { useSetting } from "../messages/use-place.ts";
import { counted } from "../text/plural.ts";
import { Icon } from "../ui/icon.tsx";

/** How many answers there are, and the way to them. */
export function ThreadLink({ message }: { readonly message: Message }) {
  const { threads, panel } = useWorkspace();
  const { roomId, threadOf } = useSetting();
  if (message.replyCount === 0 || threadOf !== undefined || roomId === undefined) return null;
  return (
    <button
      type="button"
      class="thread-link"
      onClick={() => {
        threads.show(message.id);
        panel.show({ kind: "thread", roomId, rootId: message.id });
      }}
    >
      <Icon name="reply" />
      {counted(message.replyCount, "reply", "replies")}
    </button>
  );
}
