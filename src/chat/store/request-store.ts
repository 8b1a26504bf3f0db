import type { Queries } from "../../platform/database/database.ts";
import type { UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

/** A call that was made, and what came of it. */
export interface AnsweredRequest {
  readonly userId: UserId;
  /** As the caller chose it. */
  readonly requestId: string;
  /** The method and what was asked of it, as a hash. */
  readonly digest: string;
  /** The id of what was made. */
  readonly resultId: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** Remembers calls by the ids that their callers chose. */
export interface RequestStore {
  /** The call that this user made with this id; undefined for none. */
  find(queries: Queries<ChatTables>, userId: UserId, requestId: string): Promise<AnsweredRequest | undefined>;
  /** Remembers a call, in place of one with the same id. */
  put(tx: Queries<ChatTables>, request: AnsweredRequest): Promise<void>;
  /** Forgets calls from before `at`, the oldest first, at most `limit`. Returns how many it forgot. */
  forgetBefore(tx: Queries<ChatTables>, at: number, limit: number): Promise<number>;
}
