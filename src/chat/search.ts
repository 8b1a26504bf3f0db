import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { RoomId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { type Caller, loadAccess, may, requireRead } from "./access.ts";
import type { MessageStore, StoredMessage } from "./store/message-store.ts";
import type { SearchIndex } from "./store/search-index.ts";
import { wordsIn } from "./store/search-words.ts";
import type { ChatTables } from "./tables.ts";

export interface SearchRequest {
  readonly query: string;
  /** Absent: everything that the caller may read. */
  readonly roomId: RoomId | undefined;
  /** From the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

export interface SearchPage {
  /** The newest first. */
  readonly messages: StoredMessage[];
  /** Where to go on; undefined at the end. */
  readonly next: string | undefined;
}

/** Finds what was said by its words. */
export interface Search {
  /**
   * Messages that hold all words, the last of which may be the beginning of one, in rooms that the caller may read. A
   * page may hold fewer than asked for before the end: what others say where the caller may not read is not looked
   * through without an end. What is thrown is in the contract.
   */
  search(caller: Caller, request: SearchRequest): Promise<SearchPage>;
}

export function createSearch(needs: {
  database: Database<ChatTables>;
  clock: Clock;
  store: MessageStore;
  index: SearchIndex;
}): Search {
  const { database, clock, store, index } = needs;

  /** Whether the caller may read a room, asked once for each. */
  function readableTo(caller: Caller): (roomId: RoomId) => Promise<boolean> {
    const known = new Map<RoomId, boolean>();
    return async (roomId) => {
      const before = known.get(roomId);
      if (before !== undefined) return before;
      const isReadable = may(await loadAccess(database.read, caller, roomId, clock.now()), "read");
      known.set(roomId, isReadable);
      return isReadable;
    };
  }

  return {
    async search(caller, { query, roomId, after, limit }) {
      if (roomId !== undefined) requireRead(await loadAccess(database.read, caller, roomId, clock.now()));
      const words = wordsIn(query);
      const isReadable = readableTo(caller);
      const messages: StoredMessage[] = [];
      let cursor = after;
      /** Of the last message on the page: where others are that the caller may not read, no page tells. */
      let shown = after;
      for (let looked = 0; looked < limits.chat.searchLookedThrough; ) {
        const atOnce = looked === 0 ? limit + 1 : limits.chat.searchLookedThrough / 10;
        const found = await index.find({ words, roomId, after: cursor, limit: atOnce });
        const stored = await store.findAll(
          database.read,
          found.map(({ messageId }) => messageId),
        );
        for (const each of found) {
          const message = stored.get(each.messageId);
          const isShown = message !== undefined && !message.isDeleted && (await isReadable(message.roomId));
          // One more is there: the page ends before it.
          if (isShown && messages.length === limit) return { messages, next: shown };
          cursor = each.cursor;
          if (!isShown) continue;
          messages.push(message);
          shown = cursor;
        }
        if (found.length < atOnce) return { messages, next: undefined };
        looked += found.length;
      }
      return { messages, next: cursor };
    },
  };
}
