import type { Queries } from "../../platform/database/database.ts";
import type { MessageId, RoomId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { StoredMessage } from "./message-store.ts";
import type { Term } from "./search-words.ts";

/** What is looked for. */
export interface WordSearch {
  /** All of them have to be there. One at least. */
  readonly terms: readonly Term[];
  /** Absent for every room: who may read which is decided by whoever asks. */
  readonly roomId: RoomId | undefined;
  /** Only what was said before this position; undefined for everything. */
  readonly before: number | undefined;
  /** Messages at most. */
  readonly limit: number;
  /** How many stretches to look through at most, 1 or more. */
  readonly stretches: number;
}

export interface FoundMessage {
  readonly messageId: MessageId;
  readonly roomId: RoomId;
  /** The message's number among all messages of the service, in the order in which they were stored. */
  readonly position: number;
}

/** What one look has brought. */
export interface Look {
  /** The newest first. */
  readonly found: readonly FoundMessage[];
  /** Everything from here on is told; the search goes on before it. Undefined when nothing is left. */
  readonly next: number | undefined;
}

type Tx = Queries<ChatTables>;
/** A message, as far as it is found by its words. */
export type Words = Pick<StoredMessage, "id" | "roomId" | "content">;

/**
 * Words are held for each stretch of so many messages apart, so that looking through one costs the same however many
 * others there are: lists of all messages with a frequent word would have to be gone through to their ends.
 */
export const stretchBits = 12;

export function stretchOf(position: number): number {
  return Math.floor(position / 2 ** stretchBits);
}

export function startOf(stretch: number): number {
  return stretch * 2 ** stretchBits;
}

/**
 * Finds messages by their words; case and accents make no difference. What is written here is one part of the write of
 * `tx`: once that is committed, words that were added are found, and words that were taken out stand nowhere.
 */
export interface SearchIndex {
  /** Takes in the words of a new message. */
  add(tx: Tx, message: Words): Promise<void>;
  /** Takes in other words of a message, which keeps its position; `before` is as it was added. */
  replace(tx: Tx, before: Words, content: string): Promise<void>;
  /** Takes out the words of a message; `message` is as it was added. */
  remove(tx: Tx, message: Words): Promise<void>;
  /**
   * To be called before the first look: does what adding has put off, so that what was added before is found. What an
   * upgrade has put off it does not wait for.
   */
  catchUp(): Promise<void>;
  /** Looks through a few stretches of messages from a position back. A bounded work, and always some way further. */
  look(search: WordSearch): Promise<Look>;
  /** Does what adding has put off, while nobody waits for it. */
  settle(signal: AbortSignal): Promise<void>;
}
