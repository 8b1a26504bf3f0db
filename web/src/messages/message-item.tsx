import { type Signal, useComputed } from "@preact/signals";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { AttachmentList } from "../attachments/attachment-list.tsx";
import { ReactionList } from "../reactions/reaction-list.tsx";
import { clockText, dateOf, fullText, shortClockText } from "../text/times.ts";
import { Quote } from "../threads/quote.tsx";
import { ThreadLink } from "../threads/thread-link.tsx";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { MessageEditor } from "./message-editor.tsx";
import { MessageText } from "./message-text.tsx";
import { MessageTools } from "./message-tools.tsx";
import { useSetting } from "./use-place.ts";

/** What is the same for all messages of a list. */
export interface ListState {
  /** The message that is being edited. */
  readonly editing: Signal<string | undefined>;
  /** The message that one points at or that has the focus: only that one shows what can be done with it. */
  readonly active: Signal<string | undefined>;
}

interface MessageItemProps extends ListState {
  readonly message: Message;
  readonly opensGroup: boolean;
  /** Whether what it answers is shown above it. */
  readonly opensQuote?: boolean;
  readonly isTarget?: boolean;
}

export function MessageItem(props: MessageItemProps) {
  const { message, opensGroup, opensQuote = false, isTarget = false, editing, active } = props;
  const { account } = useWorkspace();
  const { threadOf } = useSetting();
  const { id, senderId, isDeleted, isEdited, content } = message;
  const isEditing = useComputed(() => editing.value === id).value && !isDeleted;
  const isActive = useComputed(() => active.value === id).value;
  const name = message.senderUsername || "Deleted account";
  const isForMe = message.mentions.some(({ userId }) => userId === account.userId);
  return (
    // Focusable: arrows lead from one to the next, and a tap shows what can be done where nothing hovers.
    <li
      class={classesOf({
        "message-first": opensGroup,
        "message-for-me": isForMe,
        "message-target": isTarget,
      })}
      data-message={id}
      tabIndex={-1}
    >
      {opensGroup ? (
        <Avatar userId={senderId} username={name} />
      ) : (
        <span class="message-aside" aria-hidden="true">
          {shortClockText(dateOf(message.createdAt))}
        </span>
      )}
      <div class="message-body">
        {opensQuote && message.replyTo !== undefined && message.replyTo !== threadOf && (
          <Quote messageId={message.replyTo} />
        )}
        <MessageHead
          message={message}
          name={name}
          isHidden={!opensGroup}
          isFurtherAnswer={message.replyTo !== undefined && !opensQuote && threadOf === undefined}
        />
        {isDeleted ? (
          <p class="message-gone">Message deleted</p>
        ) : isEditing ? (
          <MessageEditor message={message} onClose={() => (editing.value = undefined)} />
        ) : (
          content !== "" && (
            <MessageText content={content} mentions={message.mentions} note={isEdited ? "(edited)" : undefined} />
          )
        )}
        <AttachmentList attachments={message.attachments} />
        <ReactionList message={message} />
        <ThreadLink message={message} />
      </div>
      {isActive && !isDeleted && !isEditing && <MessageTools message={message} onEdit={() => (editing.value = id)} />}
    </li>
  );
}

interface MessageHeadProps {
  readonly message: Message;
  readonly name: string;
  readonly isHidden: boolean;
  /** It answers what the one above it answers. */
  readonly isFurtherAnswer: boolean;
}

/** Who said it, and when. Within a group it is only read out. */
function MessageHead(props: MessageHeadProps) {
  const date = dateOf(props.message.createdAt);
  return (
    <p class={props.isHidden && !props.message.pinned ? "hidden" : "message-head"}>
      {props.isHidden ? <b class="hidden">{props.name}</b> : <b class="message-name">{props.name}</b>}{" "}
      <time class={props.isHidden ? "hidden" : undefined} dateTime={date.toISOString()} title={fullText(date)}>
        {clockText(date)}
      </time>
      {props.isFurtherAnswer && (
        <span class="message-answer" title="Answers the same message">
          <Icon name="reply" />
          <span class="hidden">answers the same message</span>
        </span>
      )}
      {props.message.pinned && (
        <span class="message-pinned">
          <Icon name="pin" /> Pinned
        </span>
      )}
    </p>
  );
}

function classesOf(marks: Record<string, boolean>): string {
  return ["message", ...Object.keys(marks).filter((mark) => marks[mark])].join(" ");
}
