import type { MessageType } from "#gen/veza/chat/v1/message_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import { type MessageId, newId, type RoomId, type UserId } from "../platform/ids.ts";
import type { ChatWrite } from "./events/event-log.ts";
import { messageDeleted, messageEdited, messageSent } from "./message-facts.ts";
import type { ShowMessage } from "./message-view.ts";
import type { MessageStore, StoredMessage } from "./store/message-store.ts";
import type { SearchIndex } from "./store/search-index.ts";

/** What is about to be said, where, by whom and when (milliseconds since 1970). */
export interface NewMessage {
  readonly roomId: RoomId;
  readonly sender: Pick<Principal, "userId" | "username">;
  readonly content: string;
  readonly type: MessageType;
  readonly replyTo?: MessageId | undefined;
  readonly at: number;
}

/** Who changes a message, and when (milliseconds since 1970). */
export interface Change {
  readonly actorId: UserId;
  readonly at: number;
}

/** The changes that messages go through. Each stores the fact and its event; whether it is allowed was decided before. */
export interface MessageChanges {
  post(write: ChatWrite, message: NewMessage): Promise<StoredMessage>;
  /** The message with other words. */
  rewrite(write: ChatWrite, message: StoredMessage, content: string, change: Change): Promise<StoredMessage>;
  /** Takes the words out, here and in past events. */
  remove(write: ChatWrite, message: StoredMessage, change: Change): Promise<void>;
}

export function createMessageChanges(needs: {
  store: MessageStore;
  index: SearchIndex;
  show: ShowMessage;
}): MessageChanges {
  const { store, index, show } = needs;
  return {
    async post(write, { roomId, sender, content, type, replyTo, at }) {
      const draft: Omit<StoredMessage, "sequence"> = {
        id: newId<MessageId>(),
        roomId,
        senderId: sender.userId,
        senderUsername: sender.username,
        content,
        type,
        createdAt: at,
        updatedAt: undefined,
        isEdited: false,
        isDeleted: false,
        replyTo,
        replyCount: 0,
        reactions: [],
        pinnedSequence: undefined,
      };
      const { sequence } = await write.append({
        roomId,
        actorId: sender.userId,
        at,
        messageId: draft.id,
        countsMessage: true,
        payload: messageSent(show, draft),
      });
      const message = { ...draft, sequence };
      await store.insert(write.tx, message);
      await index.add(write.tx, message);
      return message;
    },

    async rewrite(write, message, content, { actorId, at }) {
      const edited = { ...message, content, isEdited: true, updatedAt: at };
      await store.rewrite(write.tx, message.id, content, at);
      await index.replace(write.tx, message, content);
      await write.append({
        roomId: message.roomId,
        actorId,
        at,
        messageId: message.id,
        payload: messageEdited(show, edited),
      });
      return edited;
    },

    async remove(write, message, { actorId, at }) {
      await store.blank(write.tx, message.id, at);
      await index.remove(write.tx, message);
      await write.append({ roomId: message.roomId, actorId, at, payload: messageDeleted(message) });
    },
  };
}
