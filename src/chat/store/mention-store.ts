import type { Queries } from "../../platform/database/database.ts";
import type { UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { StoredMessage } from "./message-store.ts";

type Tx = Queries<ChatTables>;
type Place = Pick<StoredMessage, "id" | "roomId" | "sequence">;

/** Remembers whom messages mention, and counts mentions that are not read yet. */
export interface MentionStore {
  /** A message that is kept mentions these users from now on. */
  add(tx: Tx, message: Place, userIds: readonly UserId[]): Promise<void>;
  /** A message mentions these users no more. */
  remove(tx: Tx, message: Place, userIds: readonly UserId[]): Promise<void>;
  /** Messages that mention a user, at most `limit`. */
  mentioning(queries: Tx, userId: UserId, limit: number): Promise<Place[]>;
  /** Takes a user out of these messages; the words stay. */
  forgetUser(tx: Tx, userId: UserId, messages: readonly Place[]): Promise<void>;
}
