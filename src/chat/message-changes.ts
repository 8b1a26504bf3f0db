import type { MessageType } from "#gen/veza/chat/v1/message_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import { type MessageId, newId, type RoomId, type UserId } from "../platform/ids.ts";
import type { Attachments } from "./attachments/attachments.ts";
import type { ChatWrite, NewEvent } from "./events/event-log.ts";
import { findMentioned } from "./mentions.ts";
import { messageDeleted, messageEdited, messageSent } from "./message-facts.ts";
import type { ShowMessage } from "./message-view.ts";
import type { AttachedFile } from "./store/attachment-store.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { MentionStore } from "./store/mention-store.ts";
import type { Mentioned, MessageStore, StoredMessage } from "./store/message-store.ts";
import type { ReadStateStore } from "./store/read-state-store.ts";
import type { SearchIndex } from "./store/search-index.ts";

/** What is about to be said, where, by whom and when (milliseconds since 1970). */
export interface NewMessage {
  readonly roomId: RoomId;
  readonly sender: Pick<Principal, "userId" | "username">;
  readonly content: string;
  readonly type: MessageType;
  readonly replyTo?: MessageId | undefined;
  readonly files?: readonly AttachedFile[];
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
  /** Takes the words and files out, here and in past events. */
  remove(write: ChatWrite, message: StoredMessage, change: Change): Promise<void>;
}

/** A message that has no number yet. */
export type MessageDraft = Omit<StoredMessage, "sequence" | "ordinal">;

export function draftOf(message: NewMessage, mentions: readonly Mentioned[]): MessageDraft {
  const { roomId, sender, content, type, replyTo, files = [], at } = message;
  return {
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
    mentions,
    files,
    reactions: [],
    pinnedSequence: undefined,
  };
}

/** The event that a message is sent. */
export function sending(show: ShowMessage, draft: MessageDraft): NewEvent {
  const { roomId, senderId, createdAt, id } = draft;
  return {
    roomId,
    actorId: senderId,
    at: createdAt,
    messageId: id,
    countsMessage: true,
    payload: messageSent(show, draft),
  };
}

export function createMessageChanges(needs: {
  store: MessageStore;
  members: MemberStore;
  mentions: MentionStore;
  readStates: ReadStateStore;
  index: SearchIndex;
  attachments: Pick<Attachments, "attach" | "drop">;
  show: ShowMessage;
}): MessageChanges {
  const { store, members, mentions, readStates, index, attachments, show } = needs;
  return {
    async post(write, message) {
      const { roomId, sender, content } = message;
      const mentioned = await findMentioned(write.tx, members, { roomId, senderId: sender.userId, content });
      const draft = draftOf(message, mentioned);
      const { sequence, messageCount } = await write.append(sending(show, draft));
      const sent = { ...draft, sequence, ordinal: messageCount };
      await store.insert(write.tx, sent);
      await mentions.add(write.tx, sent, idsOf(mentioned));
      await index.add(write.tx, sent);
      await attachments.attach(write.tx, sent);
      return sent;
    },

    async rewrite(write, message, content, { actorId, at }) {
      const mentioned = await findMentioned(write.tx, members, { ...message, content });
      const edited = { ...message, content, mentions: mentioned, isEdited: true, updatedAt: at };
      await store.rewrite(write.tx, edited, at);
      await mentions.remove(write.tx, message, without(message.mentions, mentioned));
      await mentions.add(write.tx, message, without(mentioned, message.mentions));
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
      await mentions.remove(write.tx, message, idsOf(message.mentions));
      await readStates.forgetMessage(write.tx, message);
      await attachments.drop(write.tx, message);
      await write.append({ roomId: message.roomId, actorId, at, payload: messageDeleted(message) });
    },
  };
}

const idsOf = (mentioned: readonly Mentioned[]): UserId[] => mentioned.map(({ userId }) => userId);

/** The ids of those of some who are not among others. */
function without(some: readonly Mentioned[], others: readonly Mentioned[]): UserId[] {
  const ids = new Set(idsOf(others));
  return idsOf(some).filter((userId) => !ids.has(userId));
}
