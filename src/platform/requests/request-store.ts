import type { Queries } from "../database/database.ts";
import type { UserId } from "../ids.ts";

/** Results of calls with a `request_id`, so that a repeated call answers as the first did. Each service has its own. */
export interface RequestsTable {
  user_id: number;
  request_id: string;
  /** What was asked for, as a hash: the method and its content. */
  digest: string;
  /** The id of what was made. */
  result_id: string;
  created_at: number;
}

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
export interface RequestStore<Tables> {
  /** The call that this user made with this id; undefined for none. */
  find(queries: Queries<Tables>, userId: UserId, requestId: string): Promise<AnsweredRequest | undefined>;
  /** Remembers a call, in place of one with the same id. */
  put(tx: Queries<Tables>, request: AnsweredRequest): Promise<void>;
  /** Forgets calls from before `at`, the oldest first, at most `limit`. Returns how many it forgot. */
  forgetBefore(tx: Queries<Tables>, at: number, limit: number): Promise<number>;
  /** Forgets what a user asked for. */
  forgetUser(tx: Queries<Tables>, userId: UserId): Promise<void>;
}
