import type { Client } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { createOutbox } from "../composer/outbox.ts";
import type { Conversations } from "../direct/conversations.ts";
import { createTimeline, type ReadMessages, type Timeline } from "./timeline.ts";

/** Where one talks: a room, or a conversation with one other. */
export interface Place {
  /** Names it in the outbox and among the drafts. */
  readonly key: string;
  readonly timeline: Timeline;
}

export type Places = ReturnType<typeof createPlaces>;

const DIRECT = "dm:";
const directKey = (userId: string) => DIRECT + userId;

/** Places kept up to date after one has left them, so that coming back shows them at once. */
const MOST_KEPT = 12;

export function createPlaces(needs: {
  userId: string;
  chat: Client<typeof ChatService>;
  conversations: Conversations;
  closing: AbortSignal;
}) {
  const { chat, conversations } = needs;
  /** The last opened is the last. */
  const open = new Map<string, Place>();

  const outbox = createOutbox({
    userId: needs.userId,
    closing: needs.closing,
    send: ({ place, content, requestId }) =>
      place.startsWith(DIRECT)
        ? chat.sendDirectMessage({ recipientId: place.slice(DIRECT.length), content, requestId }).then(stored)
        : chat.sendMessage({ roomId: place, content, requestId }).then(stored),
    onStored({ place }, message) {
      open.get(place)?.timeline.stored(message);
      if (place.startsWith(DIRECT)) conversations.sent(place.slice(DIRECT.length), message);
    },
  });

  function place(key: string, read: ReadMessages): Place {
    const found = open.get(key) ?? { key, timeline: createTimeline(read) };
    open.delete(key);
    open.set(key, found);
    for (const oldest of open.keys()) {
      if (open.size <= MOST_KEPT) break;
      open.delete(oldest);
    }
    return found;
  }

  return {
    outbox,

    room: (roomId: string): Place => place(roomId, (page) => chat.getMessageHistory({ roomId, ...page })),

    direct: (userId: string): Place =>
      place(directKey(userId), (page) => chat.getDirectMessages({ otherUserId: userId, ...page })),

    /** The key of the place that a room's events belong to: a conversation is known by its other person. */
    keyOf(roomId: string): string {
      const other = conversations.peek(roomId)?.otherUserId;
      return other === undefined ? roomId : directKey(other);
    },

    /** A place, if it is open. */
    at: (key: string): Place | undefined => open.get(key),
  };
}

function stored({ message }: { message?: Message | undefined }): Message {
  if (message === undefined) throw new Error("the service sent no message");
  return message;
}
