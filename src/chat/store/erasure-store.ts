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
  /** The last erasure that was followed to its end; 0 before the first. */
  followedTo(queries: Queries<ChatTables>): Promise<number>;
  followTo(tx: Queries<ChatTables>, sequence: number): Promise<void>;
  /** Remembers that these accounts are erased, before anything of them is forgotten. */
  mark(tx: Queries<ChatTables>, userIds: ReadonlySet<UserId>): Promise<void>;
  /**
   * Whether an account is marked. Who asked another service for a name asks this in the write that keeps it: what is
   * kept before the mark is forgotten with the rest.
   */
  isMarked(queries: Queries<ChatTables>, userId: UserId): Promise<boolean>;
  /** Takes the user's name off memberships and sanctions and out of reports, and forgets their calls and whom they blocked or who blocked them. */
  forgetUser(tx: Queries<ChatTables>, userId: UserId): Promise<void>;
  /**
   * Looks through `limit` events after a place, in the order of rooms and numbers, for any that name one of the users.
   * `next` is where to go on, undefined at the end.
   */
  eventsNaming(
    queries: Queries<ChatTables>,
    userIds: ReadonlySet<UserId>,
    page: { after: EventPlace | undefined; limit: number },
  ): Promise<{ naming: EventPlace[]; next: EventPlace | undefined }>;
  /** Takes the users' names out of an event. Their ids stay where they tell whom it concerned. */
  unnameEvent(tx: Queries<ChatTables>, place: EventPlace, userIds: ReadonlySet<UserId>): Promise<void>;
}
