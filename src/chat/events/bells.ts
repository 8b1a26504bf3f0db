import { toBinary } from "@bufbuild/protobuf";
import { type ChatEvent, type ChatSignal, ChatSignalSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import { ringBell, ringRewritten, ringSignal } from "../../rpc/event-feed/bell.ts";
import type { NumberedEvent } from "./event-log.ts";
import { rewritesThePast } from "./rewrites.ts";

/** A user came to be in a room, or is to follow it no more. */
export interface UserBell {
  readonly roomId: RoomId;
  readonly follows: boolean;
  /** The event that changed it. */
  readonly sequence: number;
}

/** Rings for every event of a room, and carries what passes in it. */
export const roomSubject = (roomId: RoomId) => `chat.room.${roomId}`;
const reopenedSubject = "chat.reopened";
const userSubject = (userId: UserId) => `chat.user.${userId}`;

/** Tells whoever listens, here and elsewhere, what was stored. */
export function ring(bus: Bus, stored: NumberedEvent): void {
  const { roomId, sequence, body, event } = stored;
  ringBell(bus, roomSubject(roomId), { sequence, body, rewritesThePast: rewritesThePast(event) });
  const change = membershipChange(event);
  if (change !== undefined) bus.publish(userSubject(change.userId), Buffer.from(JSON.stringify(change.bell)));
}

/** Tells whoever remembers events of a room that earlier ones were changed in the store, without an event that says so. */
export function ringRoomRewritten(bus: Bus, roomId: RoomId): void {
  ringRewritten(bus, roomSubject(roomId));
}

/** Tells whoever follows a room that others may read it from now on: each is to look whether they still may. */
export function ringReopened(bus: Bus, roomId: RoomId): void {
  bus.publish(reopenedSubject, Buffer.from(roomId));
}

export function onReopened(bus: Bus, listener: (roomId: RoomId) => void): Disposable {
  return bus.subscribe(reopenedSubject, (payload) => listener(Buffer.from(payload).toString() as RoomId));
}

/** Tells a room's followers of something that passes. It is stored nowhere, and may be lost. */
export function ringRoomSignal(bus: Bus, signal: ChatSignal): void {
  ringSignal(bus, roomSubject(signal.roomId as RoomId), toBinary(ChatSignalSchema, signal));
}

/** Tells a user's own streams of something that passes and is nobody else's. */
export function ringUserSignal(bus: Bus, userId: UserId, signal: ChatSignal): void {
  const body = Buffer.from(toBinary(ChatSignalSchema, signal)).toString("base64");
  bus.publish(userSubject(userId), Buffer.from(JSON.stringify({ signal: body } satisfies UserSignal)));
}

/** What rings for a user: bells of joining and leaving, and the user's own signals, as bytes. */
export function onUserBell(
  bus: Bus,
  userId: UserId,
  listener: { readonly onBell: (bell: UserBell) => void; readonly onSignal: (body: Uint8Array) => void },
): Disposable {
  return bus.subscribe(userSubject(userId), (payload) => {
    const heard = JSON.parse(Buffer.from(payload).toString()) as UserBell | UserSignal;
    if ("signal" in heard) listener.onSignal(Buffer.from(heard.signal, "base64"));
    else listener.onBell(heard);
  });
}

interface UserSignal {
  readonly signal: string;
}

/** Whom an event of a room makes follow it, or follow it no more. */
export function membershipChange(event: ChatEvent): { userId: UserId; bell: UserBell } | undefined {
  const { payload } = event;
  const change = (userId: string | undefined, follows: boolean) => ({
    userId: userId as UserId,
    bell: { roomId: event.roomId as RoomId, follows, sequence: Number(event.sequence) },
  });
  switch (payload.case) {
    case "memberJoined":
      return change(payload.value.member?.userId, true);
    case "memberLeft":
      return change(payload.value.userId, false);
    case "sanctionImposed":
      // A ban also ends the following of who was no member.
      return payload.value.sanction?.kind === SanctionKind.BAN
        ? change(payload.value.sanction.userId, false)
        : undefined;
    default:
      return undefined;
  }
}
