import { hash } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Database, Queries } from "../database/database.ts";
import { Failure, Reason } from "../failure.ts";
import type { UserId } from "../ids.ts";
import { limits } from "../limits.ts";
import type { RequestStore } from "./request-store.ts";

/** A call that shall make one thing only, however often it is repeated. */
export interface Request {
  readonly userId: UserId;
  /** Empty when the caller chose none: then every call is a new one. */
  readonly requestId: string;
  readonly digest: string;
}

/** Names a call. `content` is what was asked for, without the request id: plain values, in an order that stays. */
export function requestOf(userId: UserId, requestId: string, method: string, content: readonly unknown[]): Request {
  const digest = requestId === "" ? "" : hash("sha256", JSON.stringify([method, ...content]), "base64url");
  return { userId, requestId, digest };
}

/** Makes repeated calls answer as the first did. Both steps belong into the write that makes the thing. */
export interface Requests<Tables> {
  /**
   * The id of what this call made when it came before, undefined when it is new.
   * Throws REQUEST_ID_REUSED when it asked for something else then.
   */
  earlierResult(tx: Queries<Tables>, request: Request): Promise<string | undefined>;
  /** Remembers what a new call made. */
  remember(tx: Queries<Tables>, request: Request, resultId: string): Promise<void>;
  /** Forgets what is too old to count, a bounded number in each write, so that no other write waits for long. */
  sweep(signal: AbortSignal): Promise<void>;
}

const forgottenAtOnce = 1000;

export function createRequests<Tables>(needs: {
  store: RequestStore<Tables>;
  database: Database<Tables>;
  clock: Clock;
}): Requests<Tables> {
  const { store, database, clock } = needs;
  const horizon = () => clock.now() - limits.store.requestIdMs;
  return {
    async earlierResult(tx, request) {
      if (request.requestId === "") return undefined;
      const found = await store.find(tx, request.userId, request.requestId);
      if (found === undefined || found.createdAt < horizon()) return undefined;
      if (found.digest !== request.digest) throw new Failure(Reason.REQUEST_ID_REUSED);
      return found.resultId;
    },
    async remember(tx, request, resultId) {
      if (request.requestId === "") return;
      await store.put(tx, { ...request, resultId, createdAt: clock.now() });
    },
    async sweep(signal) {
      let forgotten = forgottenAtOnce;
      while (forgotten === forgottenAtOnce && !signal.aborted) {
        // Each row by itself: nothing is decided by what is too old.
        forgotten = await database.write((tx) => store.forgetBefore(tx, horizon(), forgottenAtOnce), { keys: [] });
      }
    },
  };
}
