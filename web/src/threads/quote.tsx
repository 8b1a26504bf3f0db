import { useComputed } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { useSetting } from "../messages/use-place.ts";
import { plainText } from "../text/markup.ts";
import { Icon } from "../ui/icon.tsx";
import { complain } from "../ui/toasts.ts";

/** The message that another one answers, in a line. It leads there. */
export function Quote({ messageId }: { readonly messageId: string }) {
  const { places } = useWorkspace();
  const { place } = useSetting();
  const { timeline } = place;
  const shown = useComputed(() => timeline.messages.value.find(({ id }) => id === messageId)).value;
  const [read, setRead] = useState<Message>();
  const isMissing = shown === undefined;

  useEffect(() => {
    // Out of reach, or gone: the answer can be read without it.
    if (isMissing) places.one(messageId).then(setRead, () => {});
  }, [isMissing, messageId]);

  const message = shown ?? read;
  if (message === undefined) return null;
  return (
    <button type="button" class="quote" onClick={() => void timeline.show(messageId).catch(complain)}>
      <Icon name="reply" />
      <span class="hidden">Answers </span>
      <b>{message.senderUsername || "Deleted account"}</b>
      <span class="quote-words">{wordsOf(message)}</span>
    </button>
  );
}

function wordsOf({ isDeleted, content, attachments }: Message): string {
  if (isDeleted) return "Message deleted";
  return plainText(content) || attachments[0]?.filename || "";
}
