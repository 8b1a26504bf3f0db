import { toBinary } from "@bufbuild/protobuf";
import { type ChatSignal, ChatSignalSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { StoredEvent } from "./event-log.ts";
import { rewritesThePast } from "./rewrites.ts";

/** Something was stored in a room. The body is a courtesy: who misses it reads the store. */
export interface RoomBell {
  /** 0 when there is no new event. */
  readonly sequence: number;
  readonly body: Uint8Array;
  /** Earlier events were changed along with this one: what was remembered of them is void. */
  readonly rewritesThePast: boolean;
}

/** A user came to be in a room, or is to follow it no more. */
export interface UserBell {
  readonly roomId: RoomId;
  readonly follows: boolean;
  /** The event that changed it. */
  readonly sequence: number;
}

const headerBytes = 9;
const roomSubject = (roomId: RoomId) => `chat.room.${roomId}`;
const signalSubject = (roomId: RoomId) => `chat.signal.${roomId}`;
const reopenedSubject = "chat.reopened";
const userSubject = (userId: UserId) => `chat.user.${userId}`;

/** Tells whoever listens, here and elsewhere, what was stored. */
export function ring(bus: Bus, stored: StoredEvent): void {
  const bytes = Buffer.allocUnsafe(headerBytes + stored.body.length);
  bytes[0] = rewritesThePast(stored.event) ? 1 : 0;
  bytes.writeBigUInt64BE(BigInt(stored.sequence), 1);
  bytes.set(stored.body, headerBytes);
  bus.publish(roomSubject(stored.roomId), bytes);

  const change = membershipChange(stored);
  if (change !== undefined) {
    const bell: UserBell = { roomId: stored.roomId, follows: change.follows, sequence: stored.sequence };
    bus.publish(userSubject(change.userId), Buffer.from(JSON.stringify(bell)));
  }
}

/** Tells whoever remembers events of a room that earlier ones were changed in the store, without an event that says so. */
export function ringRewritten(bus: Bus, roomId: RoomId): void {
  const bytes = Buffer.alloc(headerBytes);
  bytes[0] = 1;
  bus.publish(roomSubject(roomId), bytes);
}

/** Tells whoever follows a room that others may read it from now on: each is to look whether they still may. */
export function ringReopened(bus: Bus, roomId: RoomId): void {
  bus.publish(reopenedSubject, Buffer.from(roomId));
}

export function onReopened(bus: Bus, listener: (roomId: RoomId) => void): Disposable {
  return bus.subscribe(reopenedSubject, (payload) => listener(Buffer.from(payload).toString() as RoomId));
}

/** Tells a room's followers of something that passes. It is stored nowhere, and may be lost. */
export function ringSignal(bus: Bus, signal: ChatSignal): void {
  bus.publish(signalSubject(signal.roomId as RoomId), toBinary(ChatSignalSchema, signal));
}

export function onSignal(bus: Bus, roomId: RoomId, listener: (signal: Uint8Array) => void): Disposable {
  return bus.subscribe(signalSubject(roomId), listener);
}

export function onRoomBell(bus: Bus, roomId: RoomId, listener: (bell: RoomBell) => void): Disposable {
  return bus.subscribe(roomSubject(roomId), (payload) => {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    listener({
      rewritesThePast: bytes[0] === 1,
      sequence: Number(bytes.readBigUInt64BE(1)),
      body: bytes.subarray(headerBytes),
    });
  });
}

export function onUserBell(bus: Bus, userId: UserId, listener: (bell: UserBell) => void): Disposable {
  return bus.subscribe(userSubject(userId), (payload) =>
    listener(JSON.parse(Buffer.from(payload).toString()) as UserBell),
  );
}

function membershipChange({ event }: StoredEvent): { userId: UserId; follows: boolean } | undefined {
  const { payload } = event;
  switch (payload.case) {
    case "memberJoined":
      return { userId: payload.value.member?.userId as UserId, follows: true };
    case "memberLeft":
      return { userId: payload.value.userId as UserId, follows: false };
    case "sanctionImposed":
      // A ban also ends the following of who was no member.
      return payload.value.sanction?.kind === SanctionKind.BAN
        ? { userId: payload.value.sanction.userId as UserId, follows: false }
        : undefined;
    default:
      return undefined;
  }
}
