import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Message, MessageSchema } from "#gen/veza/chat/v1/message_pb.ts";
import type { FileUrls } from "./file-urls.ts";
import type { AttachedFile } from "./store/attachment-store.ts";
import type { StoredMessage } from "./store/message-store.ts";

/** Puts a message into the words of the contract: what all who read its room may see, and events hold. */
export type ShowMessage = (message: Omit<StoredMessage, "ordinal">) => Message;

export function createShowMessage({ urls }: { urls: FileUrls }): ShowMessage {
  const showFile = (file: AttachedFile) => ({
    id: file.id,
    filename: file.name,
    contentType: file.contentType,
    size: BigInt(file.size),
    url: urls.file(file.id),
    thumbnailUrl: file.hasThumbnail ? urls.thumbnail(file.id) : "",
    width: file.width ?? 0,
    height: file.height ?? 0,
  });

  return (message) =>
    create(MessageSchema, {
      id: message.id,
      roomId: message.roomId,
      senderId: message.senderId,
      senderUsername: message.senderUsername,
      content: message.content,
      type: message.type,
      createdAt: timestampFromMs(message.createdAt),
      ...(message.updatedAt !== undefined && { updatedAt: timestampFromMs(message.updatedAt) }),
      isEdited: message.isEdited,
      isDeleted: message.isDeleted,
      ...(message.replyTo !== undefined && { replyTo: message.replyTo }),
      sequence: BigInt(message.sequence),
      replyCount: message.replyCount,
      mentions: message.mentions.map(({ userId, username }) => ({ userId, username })),
      reactions: message.reactions.map(({ emoji, userIds, count }) => ({ emoji, userIds: [...userIds], count })),
      attachments: message.files.map(showFile),
      pinned: message.pinnedSequence !== undefined,
    });
}
