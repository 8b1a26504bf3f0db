import type { Message } from "#gen/veza/chat/v1/message_pb.ts";

/** A message that is being spoken about. */
export function QuotedMessage({ message }: { readonly message: Message }) {
  const { isDeleted, content, attachments, senderUsername } = message;
  return (
    <blockquote class="quoted">
      <b>{senderUsername || "Deleted account"}</b>
      <p>{isDeleted ? "Message deleted" : content || attachments.map(({ filename }) => filename).join(", ")}</p>
    </blockquote>
  );
}
