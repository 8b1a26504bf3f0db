import type { Client } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { createOutbox, type Outgoing } from "../composer/outbox.ts";
import type { Conversations } from "../direct/conversations.ts";
import type { Threads } from "../threads/threads.ts";
import { createTimeline, type MessageSource, type Timeline } from "./timeline.ts";

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
  threads: Threads;
  closing: AbortSignal;
}) {
  const { chat, conversations, threads } = needs;
  /** The last opened is the last. */
  const open = new Map<string, Place>();

  const outbox = createOutbox({
    userId: needs.userId,
    closing: needs.closing,
    send,
    onStored({ place }, message) {
      open.get(place)?.timeline.stored(message);
      threads.stored(message);
      if (place.startsWith(DIRECT)) conversations.sent(place.slice(DIRECT.length), message);
    },
  });

  /** The first words to somebody make the conversation; from then on it is a room like others. */
  async function send({ place, roomId, content, requestId, replyTo, files }: Outgoing): Promise<Message> {
    const attachmentIds = files?.map(({ id }) => id) ?? [];
    if (roomId === undefined) {
      const recipientId = place.slice(DIRECT.length);
      return found(await chat.sendDirectMessage({ recipientId, content, requestId, attachmentIds }));
    }
    return found(
      await chat.sendMessage({ roomId, content, requestId, attachmentIds, ...(replyTo !== undefined && { replyTo }) }),
    );
  }

  async function one(messageId: string): Promise<Message> {
    const { messages } = await chat.getThread({ messageId, pageSize: 1 });
    return found({ message: messages[0] });
  }

  function place(key: string, page: MessageSource["page"]): Place {
    const known = open.get(key) ?? { key, timeline: createTimeline({ page, one }) };
    open.delete(key);
    open.set(key, known);
    for (const oldest of open.keys()) {
      if (open.size <= MOST_KEPT) break;
      open.delete(oldest);
    }
    return known;
  }

  return {
    outbox,
    one,

    room: (roomId: string): Place => place(roomId, (page) => chat.getMessageHistory({ roomId, ...page })),

    direct: (userId: string): Place =>
      place(directKey(userId), (page) => {
        const roomId = conversations.withUser(userId)?.roomId;
        return roomId === undefined
          ? chat.getDirectMessages({ otherUserId: userId, ...page })
          : chat.getMessageHistory({ roomId, ...page });
      }),

    /** The key of the place that a room's events belong to: a conversation is known by its other person. */
    keyOf(roomId: string): string {
      const other = conversations.peek(roomId)?.otherUserId;
      return other === undefined ? roomId : directKey(other);
    },

    /** A place, if it is open. */
    at: (key: string): Place | undefined => open.get(key),
  };
}

function found({ message }: { message?: Message | undefined }): Message {
  if (message === undefined) throw new Error("the service sent no message");
  return message;
}
