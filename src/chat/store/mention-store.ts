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
  /** Takes a user out of up to 200 messages that mention them; the words stay. True while there may be more. */
  forgetUser(tx: Tx, userId: UserId): Promise<boolean>;
}
