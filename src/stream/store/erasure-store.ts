import type { Cursor } from "../../platform/database/cursor.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { StreamId, UserId } from "../../platform/ids.ts";
import type { StreamTables } from "../tables.ts";

/** Where an event stands. */
export interface EventPlace {
  readonly streamId: StreamId;
  readonly sequence: number;
}

/** Forgets persons. Each step can be taken again. */
export interface ErasureStore {
  /** The last of auth's erasures that was followed to its end. */
  readonly followed: Cursor<StreamTables>;
  streamsOf(queries: Queries<StreamTables>, userId: UserId): Promise<StreamId[]>;
  /** A stream and its recordings are nobody's from here on, and no source gets in with the key it had. */
  unnameStream(tx: Queries<StreamTables>, streamId: StreamId, keyHash: Uint8Array): Promise<void>;
  /**
   * Takes the user out of at most `limit` sessions; those of one stream stay those of one person, whom nobody knows.
   * True when there may be more.
   */
  unnameListeners(tx: Queries<StreamTables>, userId: UserId, limit: number): Promise<boolean>;
  /** Forgets which streams the user came to. */
  forgetUser(tx: Queries<StreamTables>, userId: UserId): Promise<void>;
  /** A page of all events, with those on it that name one of the users. */
  eventsNaming(
    queries: Queries<StreamTables>,
    userIds: ReadonlySet<UserId>,
    page: { after: EventPlace | undefined; limit: number },
  ): Promise<{ naming: EventPlace[]; next: EventPlace | undefined }>;
  /** Takes the users out of an event. */
  unnameEvent(tx: Queries<StreamTables>, place: EventPlace, userIds: ReadonlySet<UserId>): Promise<void>;
}
