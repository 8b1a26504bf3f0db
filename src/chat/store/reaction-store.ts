import type { Queries } from "../../platform/database/database.ts";
import type { MessageId, RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

/** That a user chose an emoji for a message. */
export interface Reaction {
  readonly messageId: MessageId;
  readonly emoji: string;
  readonly userId: UserId;
}

type Tx = Queries<ChatTables>;

/** Keeps who reacted how, and what it adds up to on each message. */
export interface ReactionStore {
  has(queries: Tx, reaction: Reaction): Promise<boolean>;
  /** Adds a reaction that is not there yet, by the event of this number. */
  add(tx: Tx, reaction: Reaction, sequence: number): Promise<void>;
  /** Takes away a reaction that is there. */
  remove(tx: Tx, reaction: Reaction): Promise<void>;
  /** Reactions of a user, on whatever messages, at most `limit`. */
  ofUser(queries: Tx, userId: UserId, limit: number): Promise<(Reaction & { readonly roomId: RoomId })[]>;
}
