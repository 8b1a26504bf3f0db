import type { Queries } from "../../platform/database/database.ts";
import type { InstanceId, StreamId } from "../../platform/ids.ts";
import type { Home, Sound } from "../live-port.ts";
import type { StreamTables } from "../tables.ts";

/** Which instance has the source of each stream. Who is no home any more changes nothing. Times are milliseconds since 1970. */
export interface HomeStore {
  /** Makes an instance the home of a stream on air, whose home was another; false when that has changed since. */
  take(tx: Queries<StreamTables>, streamId: StreamId, before: Home, instance: InstanceId): Promise<boolean>;
  /** Stores what a stream sounds like; false when it is at home elsewhere. */
  setSound(tx: Queries<StreamTables>, streamId: StreamId, home: Home, sound: Sound): Promise<boolean>;
  /** Has every stream of an instance wait for its source elsewhere. */
  leaveAll(tx: Queries<StreamTables>, instance: InstanceId, sourceUntil: number): Promise<void>;
  /** The same for the streams of all instances that are gone; answers which. */
  orphan(tx: Queries<StreamTables>, sourceUntil: number): Promise<StreamId[]>;
  /** Gives all sources that are waited for until then. */
  waitAnew(tx: Queries<StreamTables>, sourceUntil: number): Promise<void>;
  /** The streams whose source is waited for at no instance, the longest first. */
  waiting(
    queries: Queries<StreamTables>,
    limit: number,
  ): Promise<{ readonly streamId: StreamId; readonly sourceUntil: number }[]>;
  /** Takes it upon the caller to end such a stream, until another time; false when another does, or it has a source. */
  claimOverdue(
    tx: Queries<StreamTables>,
    overdue: { readonly streamId: StreamId; readonly sourceUntil: number },
    until: number,
  ): Promise<boolean>;
}
