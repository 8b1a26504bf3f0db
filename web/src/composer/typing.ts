import { signal } from "@preact/signals";
import type { ChatEvent, ChatSignal } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Clients } from "../app/clients.ts";

/** Whoever types says so this often; whoever has not for a little longer has stopped, or was cut off. */
const SAY_EVERY_MS = 4_000;
const BELIEVE_MS = 6_000;

export type Typing = ReturnType<typeof createTyping>;

/** Who types where. */
export function createTyping({ chat }: Pick<Clients, "chat">, me: string) {
  const typists = signal<ReadonlyMap<string, ReadonlyMap<string, string>>>(new Map());
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const lastSaid = new Map<string, number>();

  function set(roomId: string, userId: string, username: string | undefined): void {
    const key = `${roomId}/${userId}`;
    clearTimeout(timers.get(key));
    timers.delete(key);
    const room = new Map(typists.peek().get(roomId));
    if (username === undefined) {
      if (!room.delete(userId)) return;
    } else {
      room.set(userId, username);
      timers.set(key, setTimeout(set, BELIEVE_MS, roomId, userId, undefined));
    }
    typists.value = new Map(typists.peek()).set(roomId, room);
  }

  function say(roomId: string, isTyping: boolean): void {
    if (isTyping) lastSaid.set(roomId, Date.now());
    else lastSaid.delete(roomId);
    // It passes, and may be lost.
    chat.setTyping({ roomId, isTyping }).catch(() => {});
  }

  return {
    /** The names of who types in a room, others than the person. */
    in: (roomId: string): readonly string[] => [...(typists.value.get(roomId)?.values() ?? [])],

    /** The person pressed a key. */
    pressed(roomId: string): void {
      if (Date.now() - (lastSaid.get(roomId) ?? 0) > SAY_EVERY_MS) say(roomId, true);
    },

    /** The person sent it, or thought better of it. */
    stopped(roomId: string): void {
      if (lastSaid.has(roomId)) say(roomId, false);
    },

    notice({ roomId, payload }: ChatSignal): void {
      if (payload.case !== "typing" || payload.value.userId === me) return;
      const { userId, username, isTyping } = payload.value;
      set(roomId, userId, isTyping ? username : undefined);
    },

    /** Whoever has sent a message types it no longer. */
    apply({ roomId, actorId, payload }: ChatEvent): void {
      if (payload.case === "messageSent") set(roomId, actorId, undefined);
    },
  };
}
