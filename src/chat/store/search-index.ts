import type { Queries } from "../../platform/database/database.ts";
import type { MessageId, RoomId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { StoredMessage } from "./message-store.ts";

/** What is looked for. */
export interface WordSearch {
  /** Without white space and punctuation. All of them have to be there; the last one may be the beginning of a word. */
  readonly words: readonly string[];
  /** Absent for every room: who may read which is decided by whoever asks. */
  readonly roomId: RoomId | undefined;
  /** The cursor of the last message of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

export interface FoundMessage {
  readonly messageId: MessageId;
  /** Where a search goes on after this message; at most 64 characters. */
  readonly cursor: string;
}

type Tx = Queries<ChatTables>;
/** A message, as far as it is found by its words. */
export type Words = Pick<StoredMessage, "id" | "roomId" | "content">;

/**
 * Finds messages by their words; case and accents make no difference. What is written here is one part of the write of
 * `tx`: once that is committed, words that were added are found, and words that were taken out stand nowhere.
 */
export interface SearchIndex {
  /** Takes in the words of a new message. */
  add(tx: Tx, message: Words): Promise<void>;
  /** Takes in other words of a message; `before` is as it was added. */
  replace(tx: Tx, before: Words, content: string): Promise<void>;
  /** Takes out the words of a message; `message` is as it was added. */
  remove(tx: Tx, message: Words): Promise<void>;
  /** Messages that hold the words, the newest first, at most `limit`. Empty without words. */
  find(search: WordSearch): Promise<FoundMessage[]>;
  /** Does what adding has put off, while nobody waits for it. */
  settle(signal: AbortSignal): Promise<void>;
}
