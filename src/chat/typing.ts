import { create } from "@bufbuild/protobuf";
import { ChatSignalSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Bus } from "../platform/bus/bus.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { RoomId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { loadAccess, requireWrite } from "./access.ts";
import { ringSignal } from "./events/bells.ts";
import type { ChatTables } from "./tables.ts";

/** Who types where: passed on to a room's followers, and kept nowhere. */
export interface Typing {
  set(caller: Principal, roomId: RoomId, isTyping: boolean): Promise<void>;
}

export function createTyping(needs: { database: Database<ChatTables>; bus: Bus; clock: Clock }): Typing {
  const { database, bus, clock } = needs;
  /** When each user was last said to type in a room, the oldest first. */
  const said = new Map<string, number>();

  function forgetOld(now: number): void {
    for (const [key, at] of said) {
      if (at > now - limits.chat.typingRepeatMs) break;
      said.delete(key);
    }
  }

  return {
    async set(caller, roomId, isTyping) {
      const now = clock.now();
      requireWrite(await loadAccess(database.read, caller, roomId, now));
      forgetOld(now);
      const key = `${roomId} ${caller.userId}`;
      // Clients say it with every key; followers hear of it when it changes, and again now and then.
      if (isTyping === said.has(key)) return;
      if (isTyping) said.set(key, now);
      else said.delete(key);
      const value = { userId: caller.userId, username: caller.username, isTyping };
      ringSignal(bus, create(ChatSignalSchema, { roomId, payload: { case: "typing", value } }));
    },
  };
}
