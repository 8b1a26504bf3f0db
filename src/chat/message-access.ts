import { MemberRole, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { Queries } from "../platform/database/database.ts";
import type { MessageId } from "../platform/ids.ts";
import {
  type Caller,
  loadAccess,
  type RoomAccess,
  requireActive,
  requireModerate,
  requireRank,
  requireRead,
} from "./access.ts";
import { messageNotFound, roleTooLow } from "./errors.ts";
import { roomKey } from "./keys.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { MessageStore, StoredMessage } from "./store/message-store.ts";
import type { ChatTables } from "./tables.ts";

/** A message, and what the caller is to its room. */
export interface MessageAccess {
  readonly message: StoredMessage;
  readonly access: RoomAccess;
}

/**
 * Finds a message by its id alone. `now` is in milliseconds since 1970. Throws MESSAGE_NOT_FOUND also for one in a
 * room that the caller cannot know of, else what `requireRead` throws.
 */
export async function loadMessage(
  queries: Queries<ChatTables>,
  store: Pick<MessageStore, "find">,
  caller: Caller,
  messageId: MessageId,
  now: number,
): Promise<MessageAccess> {
  const message = await store.find(queries, messageId);
  if (message === undefined) throw messageNotFound();
  const access = await loadAccess(queries, caller, message.roomId, now);
  requireRead(access, messageNotFound);
  return { message, access };
}

/**
 * Throws unless the caller may act on what somebody else said: NOT_A_MEMBER, ROLE_TOO_LOW, ROOM_ARCHIVED or
 * TARGET_NOT_BELOW. Who left the room, or whose account is erased, is below everyone in it.
 */
export async function requireAbove(
  queries: Queries<ChatTables>,
  members: MemberStore,
  { message, access }: MessageAccess,
): Promise<void> {
  // In a direct conversation nobody is above the other.
  if (access.room.type === RoomType.DIRECT) throw roleTooLow();
  requireModerate(access, messageNotFound);
  requireActive(access);
  const sender = await members.find(queries, message.roomId, message.senderId);
  requireRank(access, sender?.role ?? MemberRole.UNSPECIFIED);
}

/** What a change of a message is about: its room, in which it stays. Throws MESSAGE_NOT_FOUND. */
export async function keysOfMessage(
  queries: Queries<ChatTables>,
  store: Pick<MessageStore, "find">,
  messageId: MessageId,
): Promise<readonly string[]> {
  const message = await store.find(queries, messageId);
  if (message === undefined) throw messageNotFound();
  return [roomKey(message.roomId)];
}

/** Messages are never removed, so what was made before is still there. */
export function existing(message: StoredMessage | undefined): StoredMessage {
  if (message === undefined) throw new Error("a message that was sent is not in the store");
  return message;
}
