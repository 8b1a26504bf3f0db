import { create } from "@bufbuild/protobuf";
import { ChatSignalSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Bus } from "../platform/bus/bus.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { RoomId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { loadAccess, requireWrite } from "./access.ts";
import { requireReach } from "./direct-reach.ts";
import { ringRoomSignal } from "./events/bells.ts";
import type { DirectStore } from "./store/direct-store.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { ChatTables } from "./tables.ts";

/** Who said nothing more for this long has long stopped for every follower. */
const rememberedMs = 60_000;

/** Who types where: passed on to a room's followers, and kept nowhere. */
export interface Typing {
  set(caller: Principal, roomId: RoomId, isTyping: boolean): Promise<void>;
}

export function createTyping(needs: {
  database: Database<ChatTables>;
  bus: Bus;
  clock: Clock;
  members: MemberStore;
  directs: DirectStore;
}): Typing {
  const { database, bus, clock, members, directs } = needs;
  /** When each user was last said to type in a room, the oldest first. */
  const said = new Map<string, number>();

  function forgetOld(now: number): void {
    for (const [key, at] of said) {
      if (at > now - rememberedMs) break;
      said.delete(key);
    }
  }

  /** Clients say it with every key; followers hear of it when it changes, and again now and then. */
  function isNews(before: number | undefined, isTyping: boolean, now: number): boolean {
    if (before === undefined) return isTyping;
    return !isTyping || before <= now - limits.chat.typingRepeatMs;
  }

  return {
    async set(caller, roomId, isTyping) {
      const now = clock.now();
      const access = await loadAccess(database.read, caller, roomId, now);
      requireWrite(access);
      await requireReach(database.read, { members, directs }, access.room, caller.userId);
      forgetOld(now);
      const key = `${roomId} ${caller.userId}`;
      if (!isNews(said.get(key), isTyping, now)) return;
      said.delete(key);
      if (isTyping) said.set(key, now);
      const value = { userId: caller.userId, username: caller.username, isTyping };
      ringRoomSignal(bus, create(ChatSignalSchema, { roomId, payload: { case: "typing", value } }));
    },
  };
}
