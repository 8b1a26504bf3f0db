import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database, Queries } from "../platform/database/database.ts";
import type { MessageId, RoomId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { type Caller, loadAccess, requireActive, requireAllowed, requireRead } from "./access.ts";
import { requireReach } from "./direct-reach.ts";
import { limitReached, messageDeleted, messageNotFound } from "./errors.ts";
import type { ChatWrites } from "./events/event-log.ts";
import { existing, keysOfMessage, loadMessage } from "./message-access.ts";
import { messagePinned, messageUnpinned } from "./message-facts.ts";
import type { DirectStore } from "./store/direct-store.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { MessageStore, StoredMessage } from "./store/message-store.ts";
import type { ChatTables } from "./tables.ts";

/** Messages that stay in sight. What each method throws is in the contract. */
export interface Pins {
  /** The message as it then is. One that is pinned already stays where it is. */
  pin(caller: Principal, messageId: MessageId): Promise<StoredMessage>;
  unpin(caller: Principal, messageId: MessageId): Promise<StoredMessage>;
  /** The last pinned first. */
  list(caller: Caller, roomId: RoomId): Promise<StoredMessage[]>;
}

export function createPins(needs: {
  database: Database<ChatTables>;
  writes: ChatWrites;
  clock: Clock;
  store: MessageStore;
  members: MemberStore;
  directs: DirectStore;
}): Pins {
  const { database, writes, clock, store, members, directs } = needs;

  async function requireSpace(tx: Queries<ChatTables>, roomId: RoomId): Promise<void> {
    const { pinsPerRoom } = limits.chat;
    if ((await store.pinned(tx, roomId, pinsPerRoom)).length < pinsPerRoom) return;
    throw limitReached(`a room has at most ${pinsPerRoom} pinned messages: unpin one first`, pinsPerRoom);
  }

  async function change(caller: Principal, messageId: MessageId, pinned: boolean): Promise<StoredMessage> {
    return writes.about(await keysOfMessage(database.read, store, messageId), async ({ tx, append }) => {
      const at = clock.now();
      const { message, access } = await loadMessage(tx, store, caller, messageId, at);
      const { roomId } = message;
      requireAllowed(access, "pin", messageNotFound);
      requireActive(access);
      if (message.isDeleted) throw messageDeleted();
      if ((message.pinnedSequence !== undefined) === pinned) return message;
      if (pinned) {
        await requireReach(tx, { members, directs }, access.room, caller.userId);
        await requireSpace(tx, roomId);
      }
      const payload = pinned ? messagePinned(message) : messageUnpinned(message);
      const { sequence } = await append({ roomId, actorId: caller.userId, at, payload });
      await store.setPinned(tx, messageId, pinned ? sequence : null);
      return existing(await store.find(tx, messageId));
    });
  }

  return {
    pin: (caller, messageId) => change(caller, messageId, true),
    unpin: (caller, messageId) => change(caller, messageId, false),
    async list(caller, roomId) {
      requireRead(await loadAccess(database.read, caller, roomId, clock.now()));
      return store.pinned(database.read, roomId, limits.chat.pinsPerRoom);
    },
  };
}
