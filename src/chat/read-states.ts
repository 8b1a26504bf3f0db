import { create } from "@bufbuild/protobuf";
import { ChatSignalSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Bus } from "../platform/bus/bus.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database, Queries } from "../platform/database/database.ts";
import type { RoomId, UserId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { loadAccess, requireAllowed, requireMember } from "./access.ts";
import { ringUserSignal } from "./events/bells.ts";
import { roomKey } from "./keys.ts";
import { publicUnread } from "./public-view.ts";
import type { ReadStateStore, Unread } from "./store/read-state-store.ts";
import type { ChatTables } from "./tables.ts";

/** How far people have read. It is theirs alone: nobody else is told. */
export interface ReadStates {
  /**
   * Marks a room as read up to a number; beyond its head is the head, before what was read is nothing. The caller's
   * streams are told.
   */
  mark(caller: Principal, roomId: RoomId, sequence: number): Promise<void>;
  /** Every room of a user, the ones joined last first. */
  counts(userId: UserId): Promise<Unread[]>;
}

export function createReadStates(needs: {
  database: Database<ChatTables>;
  clock: Clock;
  bus: Bus;
  store: ReadStateStore;
}): ReadStates {
  const { database, clock, bus, store } = needs;

  async function look(queries: Queries<ChatTables>, caller: Principal, roomId: RoomId, sequence: number) {
    const access = await loadAccess(queries, caller, roomId, clock.now());
    requireAllowed(access, "mark");
    const member = requireMember(access);
    const { room } = access;
    return { member, room, upTo: Math.min(sequence, room.headSequence) };
  }

  return {
    async mark(caller, roomId, sequence) {
      // Clients say it again and again: what changes nothing waits for no write.
      const before = await look(database.read, caller, roomId, sequence);
      if (before.upTo <= before.member.lastReadSequence) return;
      const marked = await database.write(
        async (tx) => {
          const { member, room, upTo } = await look(tx, caller, roomId, sequence);
          if (upTo <= member.lastReadSequence) return undefined;
          await store.mark(tx, member, room, upTo);
          return store.find(tx, roomId, caller.userId);
        },
        { keys: [roomKey(roomId)] },
      );
      if (marked === undefined) return;
      const payload = { case: "unread", value: publicUnread(marked) } as const;
      ringUserSignal(bus, caller.userId, create(ChatSignalSchema, { roomId, payload }));
    },

    counts: (userId) => store.ofUser(database.read, userId, limits.chat.unreadLines),
  };
}
