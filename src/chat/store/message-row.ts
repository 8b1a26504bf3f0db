import type { MessageType } from "#gen/veza/chat/v1/message_pb.ts";
import type { MessageId, RoomId, UserId } from "../../platform/ids.ts";
import type { MessagesTable } from "../tables.ts";
import { filesFrom, filesToText } from "./attached-files.ts";
import type { Mentioned, StoredMessage } from "./message-store.ts";
import { reactionsFrom, reactionsToText } from "./reaction-sums.ts";

export type MessageRow = Pick<MessagesTable, keyof MessagesTable>;

export function toRow(message: StoredMessage): MessageRow {
  return {
    id: message.id,
    room_id: message.roomId,
    sequence: message.sequence,
    sender_id: Number(message.senderId),
    sender_username: message.senderUsername,
    content: message.content,
    type: message.type,
    created_at: message.createdAt,
    updated_at: message.updatedAt ?? null,
    is_edited: Number(message.isEdited),
    is_deleted: Number(message.isDeleted),
    reply_to: message.replyTo ?? null,
    reply_count: message.replyCount,
    ordinal: message.ordinal,
    mentions: message.mentions.length === 0 ? "[]" : JSON.stringify(message.mentions),
    reactions: reactionsToText(message.reactions),
    pinned_sequence: message.pinnedSequence ?? null,
    attachments: filesToText(message.files),
  };
}

export function fromRow(row: MessageRow): StoredMessage {
  return {
    id: row.id as MessageId,
    roomId: row.room_id as RoomId,
    sequence: Number(row.sequence),
    senderId: String(row.sender_id) as UserId,
    senderUsername: row.sender_username,
    content: row.content,
    type: row.type as MessageType,
    createdAt: Number(row.created_at),
    updatedAt: row.updated_at === null ? undefined : Number(row.updated_at),
    isEdited: row.is_edited !== 0,
    isDeleted: row.is_deleted !== 0,
    replyTo: (row.reply_to ?? undefined) as MessageId | undefined,
    replyCount: row.reply_count,
    ordinal: Number(row.ordinal),
    mentions: mentionsFrom(row.mentions),
    reactions: reactionsFrom(row.reactions),
    files: filesFrom(row.attachments),
    pinnedSequence: row.pinned_sequence === null ? undefined : Number(row.pinned_sequence),
  };
}

const nobody: readonly Mentioned[] = [];

export function mentionsFrom(text: string): readonly Mentioned[] {
  return text === "[]" ? nobody : (JSON.parse(text) as Mentioned[]);
}
