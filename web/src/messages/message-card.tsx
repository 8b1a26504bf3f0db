import type { ComponentChildren } from "preact";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { dateOf, shortText } from "../text/times.ts";
import { Avatar } from "../ui/avatar.tsx";
import { JumpLink } from "./jump-link.tsx";
import { MessageText } from "./message-text.tsx";

interface MessageCardProps {
  readonly message: Message;
  /** Where it was said, if that is not clear. */
  readonly where?: string | undefined;
  /** Words to point out in it. */
  readonly sought?: readonly string[];
  /** What can be done with it. */
  readonly children?: ComponentChildren;
}

/** A message outside of its log, and the way to it. */
export function MessageCard({ message, where, sought, children }: MessageCardProps) {
  const { conversations } = useWorkspace();
  const other = conversations.peek(message.roomId)?.otherUserId;
  const to = other === undefined ? paths.room(message.roomId, message.id) : paths.direct(other, message.id);
  const name = message.senderUsername || "Deleted account";
  const date = dateOf(message.createdAt);
  return (
    <li class="slip">
      <header class="slip-head">
        <Avatar userId={message.senderId} username={name} size="small" />
        <div class="slip-words">
          <b>{name}</b>
          <span>
            {where !== undefined && `${where} · `}
            <time dateTime={date.toISOString()}>{shortText(date)}</time>
          </span>
        </div>
        {children}
      </header>
      {message.content !== "" && (
        <MessageText content={message.content} mentions={message.mentions} {...(sought && { sought })} />
      )}
      {message.attachments.map(({ id, filename }) => (
        <p key={id} class="slip-file">
          {filename}
        </p>
      ))}
      <JumpLink to={to} />
    </li>
  );
}
