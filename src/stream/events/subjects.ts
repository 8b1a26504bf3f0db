import type { StreamId, UserId } from "../../platform/ids.ts";

/** The subjects of the bus that stream speaks on and listens to. */

/** Rings for every event of a stream. */
export const eventSubject = (streamId: StreamId) => `stream.events.${streamId}`;

/** Rings when it may have changed who may hear a stream. It says nothing: who listens looks again. */
export const accessSubject = (streamId: StreamId) => `stream.access.${streamId}`;

/** Rings when an instance has changed what a stream is, on air or not, and where its source is. The payload is that instance. */
export const changedSubject = (streamId: StreamId) => `stream.changed.${streamId}`;

/** Chat rings it when a user came to be in a room, or is in it no more. */
export const roomsOfUserSubject = (userId: UserId) => `chat.user.${userId}`;
