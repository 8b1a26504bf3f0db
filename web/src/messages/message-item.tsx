import type { Signal } from "@preact/signals";
import { useState } from "preact/hooks";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { clockText, dateOf, fullText, shortClockText } from "../text/times.ts";
import { Avatar } from "../ui/avatar.tsx";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { MessageEditor } from "./message-editor.tsx";
import { MessageText } from "./message-text.tsx";

interface MessageItemProps {
  readonly message: Message;
  readonly opensGroup: boolean;
  readonly editing: Signal<string | undefined>;
}

export function MessageItem({ message, opensGroup, editing }: MessageItemProps) {
  const { account } = useWorkspace();
  const { id, senderId, isDeleted, isEdited, content } = message;
  const name = message.senderUsername || "Deleted account";
  const isEditing = editing.value === id && !isDeleted;
  const canChange = senderId === account.userId && !isDeleted && !isEditing;
  return (
    // Focusable by touch and mouse: what can be done with it then comes into sight, where nothing hovers.
    <li class={opensGroup ? "message message-first" : "message"} tabIndex={canChange ? -1 : undefined}>
      {opensGroup ? (
        <Avatar userId={senderId} username={name} />
      ) : (
        <span class="message-aside" aria-hidden="true">
          {shortClockText(dateOf(message.createdAt))}
        </span>
      )}
      <div class="message-body">
        <MessageHead message={message} name={name} isHidden={!opensGroup} />
        {isDeleted ? (
          <p class="message-gone">Message deleted</p>
        ) : isEditing ? (
          <MessageEditor message={message} onClose={() => (editing.value = undefined)} />
        ) : (
          <MessageText content={content} note={isEdited ? "(edited)" : undefined} />
        )}
      </div>
      {canChange && <MessageActions message={message} onEdit={() => (editing.value = id)} />}
    </li>
  );
}

/** Who said it, and when. Within a group it is only read out. */
function MessageHead(props: { readonly message: Message; readonly name: string; readonly isHidden: boolean }) {
  const date = dateOf(props.message.createdAt);
  return (
    <p class={props.isHidden ? "hidden" : "message-head"}>
      <b class="message-name">{props.name}</b>{" "}
      <time dateTime={date.toISOString()} title={fullText(date)}>
        {clockText(date)}
      </time>
    </p>
  );
}

function MessageActions({ message, onEdit }: { readonly message: Message; readonly onEdit: () => void }) {
  const { clients } = useWorkspace();
  const [isAsking, setAsking] = useState(false);
  return (
    <div class="message-actions">
      <IconButton icon="pencil" label="Edit message" onClick={onEdit} />
      <IconButton icon="bin" label="Delete message" onClick={() => setAsking(true)} />
      {isAsking && (
        <ConfirmDialog
          title="Delete this message?"
          text="What it says is gone for everybody; that there was a message stays visible."
          verb="Delete"
          onConfirm={async () => void (await clients.chat.deleteMessage({ messageId: message.id }))}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}
