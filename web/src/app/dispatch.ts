import { batch } from "@preact/signals";
import type { ChatEvent } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { webNetwork } from "../../../src/client/browser.ts";
import { createBackoff, isTransient, pause, problemOf, systemTimers } from "../../../src/client/index.ts";
import type { Typing } from "../composer/typing.ts";
import type { Conversations } from "../direct/conversations.ts";
import type { People } from "../members/people.ts";
import type { Places } from "../messages/places.ts";
import type { Notifications } from "../notifications/notifications.ts";
import type { Pins } from "../pins/pins.ts";
import type { PresenceState } from "../presence/presence.ts";
import type { Rooms } from "../rooms/rooms.ts";
import type { Threads } from "../threads/threads.ts";
import type { UnreadCounts } from "../unread/unread.ts";
import { inFrames } from "./in-frames.ts";
import type { LiveParts } from "./live.ts";

/** Brings what happens to everything that shows it. */
export function createDispatch(workspace: {
  rooms: Rooms;
  conversations: Conversations;
  unread: UnreadCounts;
  people: People;
  places: Places;
  typing: Typing;
  threads: Threads;
  pins: Pins;
  presence: PresenceState;
  notifications: Notifications;
  closing: AbortSignal;
}): LiveParts {
  const { rooms, conversations, unread, people, places, typing, threads, pins, presence, closing } = workspace;
  /** Events of rooms that are being looked up: they wait until it is known what they belong to. */
  const waiting = new Map<string, ChatEvent[]>();

  function isKnown(roomId: string): boolean {
    return rooms.has(roomId) || conversations.has(roomId);
  }

  const rush = inFrames<ChatEvent>((events) => batch(() => events.forEach(take)));

  function take(event: ChatEvent): void {
    const { roomId } = event;
    const queue = waiting.get(roomId);
    if (queue !== undefined) queue.push(event);
    else if (isKnown(roomId)) deliver(event);
    else void lookUp(event);
  }

  function deliver(event: ChatEvent): void {
    batch(() => {
      const key = places.keyOf(event.roomId);
      rooms.apply(event);
      conversations.apply(event);
      if (rooms.isMine(event.roomId) || conversations.has(event.roomId)) unread.apply(event);
      typing.apply(event);
      people.known(event.roomId)?.apply(event);
      places.outbox.apply(event, key);
      places.at(key)?.timeline.apply(event);
      threads.apply(event);
      pins.apply(event);
      workspace.notifications.apply(event);
    });
  }

  /** A room that the person has come into elsewhere, or a conversation that somebody else began. */
  async function lookUp(first: ChatEvent): Promise<void> {
    const { roomId } = first;
    waiting.set(roomId, [first]);
    const backoff = createBackoff();
    for (;;) {
      try {
        await refresh(roomId);
        break;
      } catch (thrown) {
        // Gone again already; or out of reach, and then not for ever.
        if (closing.aborted || !isTransient(problemOf(thrown))) break;
        await pause(backoff.next(), { timers: systemTimers, network: webNetwork, signal: closing });
      }
    }
    const events = waiting.get(roomId) ?? [];
    waiting.delete(roomId);
    if (isKnown(roomId)) events.forEach(deliver);
  }

  async function refresh(roomId: string): Promise<void> {
    const room = await rooms.read(roomId);
    if (room.type === RoomType.DIRECT) conversations.begin(room);
    else rooms.put(room);
  }

  return {
    apply: rush.add,

    notice(signal) {
      typing.notice(signal);
      conversations.notice(signal);
      presence.notice(signal);
      unread.notice(signal);
      people.known(signal.roomId)?.notice(signal);
    },

    async load() {
      // The console is of use without badges.
      await Promise.all([rooms.load(), conversations.load(), unread.load().catch(() => {})]);
      return new Map([...rooms.heads(), ...conversations.heads()]);
    },

    async reload(roomId) {
      rush.flush();
      await refresh(roomId);
      await Promise.all([
        places.at(places.keyOf(roomId))?.timeline.reload(),
        people.known(roomId)?.load(),
        threads.reload(),
        pins.load(),
        unread.load().catch(() => {}),
      ]);
    },

    onLive() {
      places.outbox.wake();
      presence.refresh();
      // What was read before the events began to flow may count some of them twice.
      unread.load().catch(() => {});
    },
  };
}
