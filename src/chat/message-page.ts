import type { Queries } from "../platform/database/database.ts";
import type { MessageId, RoomId } from "../platform/ids.ts";
import { messageNotFound } from "./errors.ts";
import type { MessageStore, StoredMessage } from "./store/message-store.ts";
import type { ChatTables } from "./tables.ts";

/** Which messages of a room to hand out. Bounds are not included. */
export interface PageRequest {
  readonly roomId: RoomId;
  /** 1 to 200; 0 for 50. */
  readonly limit: number;
  readonly beforeId?: MessageId | undefined;
  /** With it, the messages nearest to it are handed out, else the newest. */
  readonly afterId?: MessageId | undefined;
}

export interface MessagePage {
  /** The newest first. */
  readonly messages: StoredMessage[];
  /** Whether there are more in the direction asked for. */
  readonly hasMore: boolean;
}

/**
 * Reads a page of a room's messages; that the caller may read the room was decided before. Throws MESSAGE_NOT_FOUND
 * for a bound that is not a message of this room, so that nothing is learned of other rooms.
 */
export async function readPage(
  queries: Queries<ChatTables>,
  store: MessageStore,
  { roomId, limit, beforeId, afterId }: PageRequest,
): Promise<MessagePage> {
  async function bound(messageId: MessageId | undefined): Promise<number | undefined> {
    if (messageId === undefined) return undefined;
    const sequence = await store.sequenceOf(queries, roomId, messageId);
    if (sequence === undefined) throw messageNotFound();
    return sequence;
  }
  const before = await bound(beforeId);
  const after = await bound(afterId);
  const size = limit === 0 ? 50 : Math.min(limit, 200);
  const nearest = after === undefined ? "newest" : "oldest";
  const found = await store.range(queries, { roomId, before, after, nearest, limit: size + 1 });
  const hasMore = found.length > size;
  // The one too many is the farthest from where the page begins.
  if (hasMore) nearest === "newest" ? found.pop() : found.shift();
  return { messages: found, hasMore };
}
