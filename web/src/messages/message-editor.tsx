import { useState } from "preact/hooks";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { GrowingText } from "../composer/growing-text.tsx";
import { Button } from "../ui/button.tsx";
import { useAction } from "../ui/use-action.ts";

/** Changes what was said, in its place. The text stays until the service has taken it. */
export function MessageEditor({ message, onClose }: { readonly message: Message; readonly onClose: () => void }) {
  const { messages } = useWorkspace();
  const [text, setText] = useState(message.content);
  const [save, isBusy] = useAction(async () => {
    const content = text.trim();
    if (content === "") return;
    if (content !== message.content) await messages.edit(message, content);
    onClose();
  });
  return (
    <div class="editor">
      <GrowingText
        label="Edit message"
        value={text}
        isFocused
        onInput={setText}
        onEnter={() => void save()}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          onClose();
        }}
      />
      <div class="editor-actions">
        <Button kind="primary" isBusy={isBusy} onClick={() => void save()}>
          Save
        </Button>
        <Button onClick={onClose}>Cancel</Button>
        <span class="hint">Enter saves, Esc cancels</span>
      </div>
    </div>
  );
}
