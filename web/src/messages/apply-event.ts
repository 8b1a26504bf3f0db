import { create } from "@bufbuild/protobuf";
import type { ChatEvent } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { type Message, type Reaction, ReactionSchema } from "#gen/veza/chat/v1/message_pb.ts";

/** Messages in the order of their room. */
export type Messages = readonly Message[];

/**
 * The messages after an event. Taking the same event twice, or one that the messages as read already hold, changes
 * nothing in the end: what is read may be newer than the events that are still on their way.
 */
export function applyEvent(messages: Messages, event: ChatEvent): Messages {
  const { payload } = event;
  if (payload.case === "messageSent") {
    const { message } = payload.value;
    if (message === undefined) return messages;
    const next = insert(messages, message);
    return next === messages ? messages : countReply(next, message);
  }
  return applyChange(messages, event);
}

/** Like `applyEvent`, for messages that do not reach up to the newest: a new one is not put behind them. */
export function applyChange(messages: Messages, { payload }: ChatEvent): Messages {
  switch (payload.case) {
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
      return change(messages, payload.value.messageId, erased);
    case "reactionAdded":
    case "reactionRemoved": {
      const { messageId, emoji, userId } = payload.value;
      const isAdded = payload.case === "reactionAdded";
      return change(messages, messageId, (message) => ({
        ...message,
        reactions: react(message.reactions, emoji, userId, isAdded),
      }));
    }
    case "messagePinned":
      return change(messages, payload.value.messageId, (message) => ({ ...message, pinned: true }));
    case "messageUnpinned":
      return change(messages, payload.value.messageId, (message) => ({ ...message, pinned: false }));
    default:
      return messages;
  }
}

/** One more answer to the message that this one answers. */
export function countReply(messages: Messages, { replyTo }: Message): Messages {
  if (replyTo === undefined) return messages;
  return change(messages, replyTo, (message) => ({ ...message, replyCount: message.replyCount + 1 }));
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

/** Puts a message in the place of the one that it is a later state of, if that is there. */
export function replace(messages: Messages, message: Message): Messages {
  return change(messages, message.id, () => message);
}

/** What is left of a deleted message. */
function erased(message: Message): Message {
  return { ...message, isDeleted: true, content: "", attachments: [], mentions: [], reactions: [], pinned: false };
}

/** As many as the service names of those who chose an emoji. */
const MOST_NAMED = 100;

function react(reactions: Reaction[], emoji: string, userId: string, isAdded: boolean): Reaction[] {
  const before = reactions.find((reaction) => reaction.emoji === emoji);
  const isNamed = before?.userIds.includes(userId) ?? false;
  if (isAdded) {
    if (isNamed) return reactions;
    if (before === undefined) return [...reactions, create(ReactionSchema, { emoji, userIds: [userId], count: 1 })];
    const userIds = before.userIds.length < MOST_NAMED ? [...before.userIds, userId] : before.userIds;
    return put(reactions, { ...before, userIds, count: before.count + 1 });
  }
  // Who is not among those named may still be one of the many that are not.
  if (before === undefined || (!isNamed && before.count <= before.userIds.length)) return reactions;
  const after = { ...before, userIds: before.userIds.filter((id) => id !== userId), count: before.count - 1 };
  return after.count === 0 ? reactions.filter((reaction) => reaction !== before) : put(reactions, after);
}

function put(reactions: Reaction[], changed: Reaction): Reaction[] {
  return reactions.map((reaction) => (reaction.emoji === changed.emoji ? changed : reaction));
}

function change(messages: Messages, id: string, changed: (message: Message) => Message): Messages {
  // From the end: mostly it is a late one.
  const at = messages.findLastIndex((message) => message.id === id);
  return at < 0 ? messages : messages.with(at, changed(messages[at] as Message));
}
