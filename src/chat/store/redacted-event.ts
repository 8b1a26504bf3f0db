import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type ChatEvent, ChatEventSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import type { UserId } from "../../platform/ids.ts";

const nobody = "0";

/** A stored event without the words of its message, and what came with them. */
export function withoutWords(body: Uint8Array): Uint8Array {
  return changed(body, (message) => {
    message.content = "";
    message.isDeleted = true;
    message.reactions = [];
    message.mentions = [];
    message.attachments = [];
    message.pinned = false;
  });
}

/** A stored event of a user's message without the files that came with it and without the user, who may also be the one who acted. */
export function withoutAuthor(body: Uint8Array, author: UserId): Uint8Array {
  return changed(body, (message, event) => {
    message.senderId = nobody;
    message.senderUsername = "";
    message.attachments = [];
    if (event.actorId === author) event.actorId = nobody;
  });
}

function changed(body: Uint8Array, change: (message: Message, event: ChatEvent) => void): Uint8Array {
  const event = fromBinary(ChatEventSchema, body);
  const message = messageIn(event);
  if (message === undefined) throw new Error(`event ${event.sequence} of room ${event.roomId} holds no message`);
  change(message, event);
  return toBinary(ChatEventSchema, event);
}

/** The message that an event holds; undefined when it holds none. */
export function messageIn(event: ChatEvent): Message | undefined {
  switch (event.payload.case) {
    case "messageSent":
    case "messageEdited":
      return event.payload.value.message;
    default:
      return undefined;
  }
}
