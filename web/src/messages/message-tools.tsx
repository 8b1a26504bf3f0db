import { useRef, useState } from "preact/hooks";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { EmojiPicker } from "../emoji/emoji-picker.tsx";
import { IconButton } from "../ui/button.tsx";
import { complain } from "../ui/toasts.ts";
import { MessageMenu } from "./message-menu.tsx";
import { useSetting } from "./use-place.ts";

/** What can be done with a message, above its corner. */
export function MessageTools({ message, onEdit }: { readonly message: Message; readonly onEdit: () => void }) {
  const { messages, threads, panel } = useWorkspace();
  const { canWrite, threadOf, roomId } = useSetting();
  const [isPicking, setPicking] = useState(false);
  const smile = useRef<HTMLButtonElement>(null);

  function reply(): void {
    // Threads have one level: an answer to an answer goes to where that one went.
    const rootId = message.replyTo ?? message.id;
    if (roomId === undefined) return;
    threads.show(rootId);
    panel.show({ kind: "thread", roomId, rootId });
  }

  return (
    <div class="message-tools" role="toolbar" aria-label="Message actions">
      {canWrite && (
        <IconButton
          buttonRef={smile}
          icon="smile"
          label="React"
          isExpanded={isPicking}
          onClick={() => setPicking(!isPicking)}
        />
      )}
      {threadOf === undefined && roomId !== undefined && (
        <IconButton icon="reply" label={canWrite ? "Reply in thread" : "Show thread"} onClick={reply} />
      )}
      <MessageMenu message={message} onEdit={onEdit} />
      {isPicking && (
        <EmojiPicker
          anchor={smile}
          onChoose={(emoji) => messages.react(message, emoji).catch(complain)}
          onClose={() => setPicking(false)}
        />
      )}
    </div>
  );
}
