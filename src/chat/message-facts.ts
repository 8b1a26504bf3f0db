import { create } from "@bufbuild/protobuf";
import {
  MessageDeletedSchema,
  MessageEditedSchema,
  MessagePinnedSchema,
  MessageSentSchema,
  MessageUnpinnedSchema,
  MessageWarnedSchema,
  ReactionAddedSchema,
  ReactionRemovedSchema,
} from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { NewEvent } from "./events/event-log.ts";
import type { ShowMessage } from "./message-view.ts";
import type { StoredMessage } from "./store/message-store.ts";
import type { Reaction } from "./store/reaction-store.ts";

/** What can happen to a message, as the payload of the event that tells of it. */
type Payload = NewEvent["payload"];

/** The event's number becomes the message's. */
export function messageSent(show: ShowMessage, message: Omit<StoredMessage, "sequence" | "ordinal">): Payload {
  return (sequence) => ({
    case: "messageSent",
    value: create(MessageSentSchema, { message: show({ ...message, sequence }) }),
  });
}

export function messageEdited(show: ShowMessage, message: StoredMessage): Payload {
  return () => ({
    case: "messageEdited",
    value: create(MessageEditedSchema, { message: show(message) }),
  });
}

export function messageDeleted(message: Pick<StoredMessage, "id">): Payload {
  return () => ({ case: "messageDeleted", value: create(MessageDeletedSchema, { messageId: message.id }) });
}

export function messageWarned(message: Pick<StoredMessage, "id" | "senderId">, reason: string): Payload {
  return () => ({
    case: "messageWarned",
    value: create(MessageWarnedSchema, { messageId: message.id, userId: message.senderId, reason }),
  });
}

export function messagePinned(message: Pick<StoredMessage, "id">): Payload {
  return () => ({ case: "messagePinned", value: create(MessagePinnedSchema, { messageId: message.id }) });
}

export function messageUnpinned(message: Pick<StoredMessage, "id">): Payload {
  return () => ({ case: "messageUnpinned", value: create(MessageUnpinnedSchema, { messageId: message.id }) });
}

export function reactionAdded({ messageId, emoji, userId }: Reaction): Payload {
  return () => ({ case: "reactionAdded", value: create(ReactionAddedSchema, { messageId, emoji, userId }) });
}

export function reactionRemoved({ messageId, emoji, userId }: Reaction): Payload {
  return () => ({ case: "reactionRemoved", value: create(ReactionRemovedSchema, { messageId, emoji, userId }) });
}
