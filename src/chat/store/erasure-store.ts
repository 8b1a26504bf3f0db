import type { Cursor } from "../../platform/database/cursor.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

/** Where an event is. */
export interface EventPlace {
  readonly roomId: RoomId;
  readonly sequence: number;
}

/** Forgets persons where no other store does, and remembers how far auth's erasures were followed. */
export interface ErasureStore {
  /** The last of auth's erasures that was followed to its end. */
  readonly followed: Cursor<ChatTables>;
  /** Remembers that these accounts are erased, before anything of them is forgotten. */
  mark(tx: Queries<ChatTables>, userIds: ReadonlySet<UserId>): Promise<void>;
  /**
   * Whether an account is marked. Who asked another service for a name asks this in the write that keeps it: what is
   * kept before the mark is forgotten with the rest.
   */
  isMarked(queries: Queries<ChatTables>, userId: UserId): Promise<boolean>;
  /** Takes the user's name off memberships and sanctions and out of reports, and forgets their calls and whom they blocked or who blocked them. */
  forgetUser(tx: Queries<ChatTables>, userId: UserId): Promise<void>;
  /** Events that name the user, at most `limit`: those of a room stand together. */
  eventsNaming(queries: Queries<ChatTables>, userId: UserId, limit: number): Promise<EventPlace[]>;
  /** Takes the user's name out of an event, which names them no more. The id stays where it tells whom it concerned. */
  unnameEvent(tx: Queries<ChatTables>, place: EventPlace, userId: UserId): Promise<void>;
}
