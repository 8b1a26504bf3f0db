import type { Queries } from "../../platform/database/database.ts";
import type { StreamId } from "../../platform/ids.ts";
import type { EventRange } from "../../rpc/event-feed/event-feed.ts";
import type { StreamTables } from "../tables.ts";

export interface StoredBody {
  readonly sequence: number;
  /** A `StreamEvent` in binary form. */
  readonly body: Uint8Array;
}

/** What came with taking a number. */
export interface TakenNumber {
  readonly sequence: number;
  /** How many listeners there are now. */
  readonly listenerCount: number;
}

/** The events of streams, in the order of their numbers. */
export interface EventStore {
  /** Takes the next number of a stream; so many listeners more are there, or fewer. Undefined without such a stream. */
  takeNumber(tx: Queries<StreamTables>, streamId: StreamId, listeners: number): Promise<TakenNumber | undefined>;
  insert(tx: Queries<StreamTables>, streamId: StreamId, event: StoredBody): Promise<void>;
  /** Forgets the events up to a number; the stream's floor moves there. */
  forget(tx: Queries<StreamTables>, streamId: StreamId, upTo: number): Promise<void>;
  /** Where these streams stand. Those that are not there are missing from the answer. */
  ranges(streamIds: readonly StreamId[]): Promise<Map<StreamId, EventRange>>;
  /** The events after a number, at most `limit`, without holes. Empty when there are none, or they are forgotten. */
  after(streamId: StreamId, sequence: number, limit: number): Promise<StoredBody[]>;
}
