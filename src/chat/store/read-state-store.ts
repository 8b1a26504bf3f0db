import type { Queries } from "../../platform/database/database.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { Member } from "./member-store.ts";
import type { StoredMessage } from "./message-store.ts";
import type { Room } from "./room-store.ts";

/** What a member has not read in a room. */
export interface Unread {
  readonly roomId: RoomId;
  readonly lastReadSequence: number;
  /** Messages of others after it, without deleted ones. */
  readonly unread: number;
  /** Those of them that mention the member. */
  readonly mentions: number;
}

type Tx = Queries<ChatTables>;

/** Remembers how far members have read. Counts come from counters: none of this grows with what was ever said. */
export interface ReadStateStore {
  /** Undefined for who is no member. */
  find(queries: Tx, roomId: RoomId, userId: UserId): Promise<Unread | undefined>;
  /** Every room of a user, the ones joined last first, at most `limit`. */
  ofUser(queries: Tx, userId: UserId, limit: number): Promise<Unread[]>;
  /** Marks a room as read up to a number between the member's last one and the room's head, both as they now are. */
  mark(tx: Tx, member: Member, room: Room, sequence: number): Promise<void>;
  /** Takes a message that is being deleted out of the counts. Its mentions are taken out with the mentions. */
  forgetMessage(tx: Tx, message: Pick<StoredMessage, "roomId" | "sequence" | "senderId">): Promise<void>;
}
