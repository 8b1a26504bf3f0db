import type { RoomId, UserId } from "../platform/ids.ts";

/** What writes of chat are about: see `WriteOptions.keys`. */

/** Everything of a room but how far its members have read: settings, members, sanctions, messages, events, invites. */
export const roomKey = (roomId: RoomId) => `room/${roomId}`;
/** How many rooms a user has made and is in, whom they block, their files as long as no message has them, their status, how many of their reports are open. */
export const userKey = (userId: UserId) => `user/${userId}`;
/** A call that a user names by an id; no key for a call without one. */
export const requestKeys = ({ userId, requestId }: { userId: UserId; requestId: string }) =>
  requestId === "" ? [] : [`request/${userId}/${requestId}`];
