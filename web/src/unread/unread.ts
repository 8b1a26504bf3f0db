import { computed, signal } from "@preact/signals";
import type { ChatEvent } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Clients } from "../app/clients.ts";

export interface Unread {
  readonly count: number;
  readonly mentions: number;
  /** The number of the last event that the person has read. */
  readonly lastRead: bigint;
}

const NOTHING: Unread = { count: 0, mentions: 0, lastRead: 0n };
/** Reading is told once in a while rather than with every message. */
const TELL_AFTER_MS = 400;

export type UnreadCounts = ReturnType<typeof createUnread>;

/** What the person has not read, room by room. */
export function createUnread({ chat }: Clients, me: string) {
  const counts = signal<ReadonlyMap<string, Unread>>(new Map());
  const untold = new Map<string, bigint>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function put(roomId: string, unread: Unread): void {
    counts.value = new Map(counts.peek()).set(roomId, unread);
  }

  function tell(): void {
    timer = undefined;
    for (const [roomId, sequence] of untold) {
      // The next word read tells it again; a badge on another device is no reason to complain on this one.
      chat.markRead({ roomId, sequence }).catch(() => {});
    }
    untold.clear();
  }

  return {
    of: (roomId: string): Unread => counts.value.get(roomId) ?? NOTHING,
    peek: (roomId: string): Unread => counts.peek().get(roomId) ?? NOTHING,
    total: computed(() => [...counts.value.values()].reduce((sum, { count }) => sum + count, 0)),

    async load(): Promise<void> {
      const response = await chat.getUnreadCounts({});
      counts.value = new Map(
        response.counts.map(({ roomId, unread, mentions, lastReadSequence }) => [
          roomId,
          { count: unread, mentions, lastRead: lastReadSequence },
        ]),
      );
    },

    /** The person has seen everything of a room up to this event. */
    read(roomId: string, sequence: bigint): void {
      const before = counts.peek().get(roomId) ?? NOTHING;
      if (sequence <= before.lastRead) return;
      put(roomId, { count: 0, mentions: 0, lastRead: sequence });
      untold.set(roomId, sequence);
      if (timer === undefined) timer = setTimeout(tell, TELL_AFTER_MS);
    },

    apply({ roomId, payload }: ChatEvent): void {
      if (payload.case !== "messageSent" || payload.value.message === undefined) return;
      const { message } = payload.value;
      const before = counts.peek().get(roomId) ?? NOTHING;
      if (message.senderId === me || message.sequence <= before.lastRead) return;
      const mentioned = message.mentions.some(({ userId }) => userId === me) ? 1 : 0;
      put(roomId, { ...before, count: before.count + 1, mentions: before.mentions + mentioned });
    },
  };
}
