import type { ChatEvent } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";

/** Messages in the order of their room. */
export type Messages = readonly Message[];

/**
 * The messages after an event. Taking the same event twice, or one that the messages as read already hold, changes
 * nothing in the end: what is read may be newer than the events that are still on their way.
 */
export function applyEvent(messages: Messages, { payload }: ChatEvent): Messages {
  switch (payload.case) {
    case "messageSent":
      return payload.value.message === undefined ? messages : insert(messages, payload.value.message);
    case "messageEdited": {
      const edited = payload.value.message;
      // What others did to it since is not part of the edit.
      return edited === undefined
        ? messages
        : change(messages, edited.id, ({ reactions, pinned, replyCount }) => ({
            ...edited,
            reactions,
            pinned,
            replyCount,
          }));
    }
    case "messageDeleted":
      return change(messages, payload.value.messageId, (message) => ({ ...message, isDeleted: true, content: "" }));
    case "messagePinned":
      return change(messages, payload.value.messageId, (message) => ({ ...message, pinned: true }));
    case "messageUnpinned":
      return change(messages, payload.value.messageId, (message) => ({ ...message, pinned: false }));
    default:
      return messages;
  }
}

/** Puts a message in its place, once. One that is there already stays as it is: it may have been edited since. */
export function insert(messages: Messages, message: Message): Messages {
  let at = messages.length;
  while (at > 0 && (messages[at - 1] as Message).sequence > message.sequence) at--;
  if (at > 0 && messages[at - 1]?.id === message.id) return messages;
  return [...messages.slice(0, at), message, ...messages.slice(at)];
}

/** Puts older messages, newest first as the service sends them, before those that are there. */
export function prepend(messages: Messages, olderNewestFirst: Messages): Messages {
  const known = new Set(messages.map(({ id }) => id));
  return [...olderNewestFirst.filter(({ id }) => !known.has(id)).reverse(), ...messages];
}

function change(messages: Messages, id: string, changed: (message: Message) => Message): Messages {
  // From the end: mostly it is a late one.
  const at = messages.findLastIndex((message) => message.id === id);
  return at < 0 ? messages : messages.with(at, changed(messages[at] as Message));
}
