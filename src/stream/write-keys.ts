import type { StreamId, UserId } from "../platform/ids.ts";

/** What writes of stream are about: see `WriteOptions.keys`. */

/** Everything of a stream: its settings and state, listeners, what they heard, recordings, events. */
export const aboutStream = (streamId: StreamId) => `stream/${streamId}`;
/** How many streams a user has, and where they listen. */
export const aboutUser = (userId: UserId) => `user/${userId}`;
/** A call that a user names by an id; no key for a call without one. */
export const aboutRequest = ({ userId, requestId }: { userId: UserId; requestId: string }) =>
  requestId === "" ? [] : [`request/${userId}/${requestId}`];
