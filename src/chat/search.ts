import { setImmediate as others } from "node:timers/promises";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { RoomId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { type Caller, loadAccess, may, requireRead } from "./access.ts";
import type { MessageStore, StoredMessage } from "./store/message-store.ts";
import type { FoundMessage, SearchIndex } from "./store/search-index.ts";
import { readQuery } from "./store/search-words.ts";
import type { ChatTables } from "./tables.ts";

export interface SearchRequest {
  readonly query: string;
  /** Absent: everything that the caller may read. */
  readonly roomId: RoomId | undefined;
  /** From the page before. */
  readonly before: number | undefined;
  readonly limit: number;
}

export interface SearchPage {
  /** The newest first. */
  readonly messages: StoredMessage[];
  /** Where to go on; undefined at the end. It may lie where the caller may not read. */
  readonly next: number | undefined;
}

/** Finds what was said by its words. */
export interface Search {
  /**
   * Messages that hold all words, the last of which may be the beginning of one, in rooms that the caller may read. A
   * page may hold fewer than asked for, or none, before the end: no call looks on for long. What is thrown is in the
   * contract.
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
    async search(caller, { query, roomId, before, limit }) {
      if (roomId !== undefined) requireRead(await loadAccess(database.read, caller, roomId, clock.now()));
      const { terms, isIn } = readQuery(query);
      const messages: StoredMessage[] = [];
      if (terms.length === 0) return { messages, next: undefined };
      await index.catchUp();

      const isReadable = readableTo(caller);
      const { searchMs, searchOnMs } = limits.chat;
      const end = performance.now() + (before === undefined ? searchMs : searchOnMs);
      let position = before;
      /** The position of the last message on the page. */
      let last = before;
      let isHidden = false;
      for (let looks = 1; ; looks += 1) {
        // One more than fits tells whether there is another page.
        const wanted = limit + 1 - messages.length;
        const { found, next } = await index.look({
          terms,
          roomId,
          before: position,
          limit: isHidden ? Math.max(wanted, limits.chat.searchHitsAtOnce) : wanted,
          stretches: Math.min(2 ** (looks - 1), limits.chat.searchStretchesAtOnce),
        });
        position = next;
        const readable: FoundMessage[] = [];
        for (const hit of found) {
          if (await isReadable(hit.roomId)) readable.push(hit);
          else isHidden = true;
          if (readable.length === wanted && hit !== found.at(-1)) {
            position = hit.position;
            break;
          }
        }
        const stored = await store.findAll(
          database.read,
          readable.map(({ messageId }) => messageId),
        );
        for (const hit of readable) {
          const message = stored.get(hit.messageId);
          // It may have been changed meanwhile; and the index knows pairs of letters, not which pair stands beside which.
          if (message === undefined || message.isDeleted || !isIn(message.content)) continue;
          if (messages.length === limit) return { messages, next: last };
          messages.push(message);
          last = hit.position;
        }
        const isEnough = looks >= limits.chat.searchLooks && performance.now() >= end;
        if (position === undefined || isEnough) return { messages, next: position };
        // On SQLite nobody else has had a turn meanwhile.
        await others();
      }
    },
  };
}
