import { computed, signal } from "@preact/signals";
import type { ChatEvent, ChatSignal } from "#gen/veza/chat/v1/chat_event_pb.ts";
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
/** In a room where somebody speaks all the time no count is ever quite still. */
const MOST_READS = 4;

export type UnreadCounts = ReturnType<typeof createUnread>;

/** What the person has not read, room by room. */
export function createUnread({ chat }: Pick<Clients, "chat">, me: string) {
  const counts = signal<ReadonlyMap<string, Unread>>(new Map());
  /** Whether the counts have been asked for; they may be out of reach, and then nothing waits for them. */
  const isAsked = signal(false);
  const untold = new Map<string, bigint>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let loading: Promise<void> | undefined;
  /** Whether something happened that the answer under way may or may not hold. */
  let isOvertaken = false;

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

  async function read(): Promise<void> {
    for (let reads = 0; reads < MOST_READS; reads++) {
      isOvertaken = false;
      const response = await chat.getUnreadCounts({});
      if (isOvertaken && reads < MOST_READS - 1) continue;
      counts.value = new Map(
        response.counts.map(({ roomId, unread, mentions, lastReadSequence }) => {
          // What was read here a moment ago may not have been told yet.
          const before = counts.peek().get(roomId);
          const isNewer = before !== undefined && before.lastRead > lastReadSequence;
          return [roomId, isNewer ? before : { count: unread, mentions, lastRead: lastReadSequence }];
        }),
      );
      return;
    }
  }

  return {
    isAsked,
    of: (roomId: string): Unread => counts.value.get(roomId) ?? NOTHING,
    peek: (roomId: string): Unread => counts.peek().get(roomId) ?? NOTHING,
    total: computed(() => [...counts.value.values()].reduce((sum, { count }) => sum + count, 0)),

    /** Reads all counts afresh, again when events overtake the answer. */
    load(): Promise<void> {
      loading ??= read().finally(() => {
        loading = undefined;
        isAsked.value = true;
      });
      return loading;
    },

    /** The person has seen everything of a room up to this event. */
    read(roomId: string, sequence: bigint): void {
      const before = counts.peek().get(roomId) ?? NOTHING;
      if (sequence <= before.lastRead) return;
      put(roomId, { count: 0, mentions: 0, lastRead: sequence });
      untold.set(roomId, sequence);
      if (timer === undefined) timer = setTimeout(tell, TELL_AFTER_MS);
    },

    /** The person has read something, here or on another device. */
    notice({ roomId, payload }: ChatSignal): void {
      if (payload.case !== "unread") return;
      const { unread: count, mentions, lastReadSequence: lastRead } = payload.value;
      // A later word of this device's own is under way.
      if (lastRead >= (counts.peek().get(roomId) ?? NOTHING).lastRead) put(roomId, { count, mentions, lastRead });
    },

    apply({ roomId, payload }: ChatEvent): void {
      if (payload.case !== "messageSent" || payload.value.message === undefined) return;
      isOvertaken = true;
      const { message } = payload.value;
      const before = counts.peek().get(roomId) ?? NOTHING;
      if (message.senderId === me || message.sequence <= before.lastRead) return;
      const mentioned = message.mentions.some(({ userId }) => userId === me) ? 1 : 0;
      put(roomId, { ...before, count: before.count + 1, mentions: before.mentions + mentioned });
    },
  };
}
