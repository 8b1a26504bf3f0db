import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { RoomId, UserId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import type { AuthPeer } from "../platform/peers/peers.ts";
import { loadAccess, requireRead } from "./access.ts";
import { userNotFound } from "./errors.ts";
import { userKey } from "./keys.ts";
import type { OnlineUsers } from "./online.ts";
import type { DirectStore } from "./store/direct-store.ts";
import type { ErasureStore } from "./store/erasure-store.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { StatisticsStore } from "./store/statistics-store.ts";
import type { ChatTables } from "./tables.ts";

const settledMs = 5 * 60_000;
const dayMs = 24 * 60 * 60 * 1000;

/** What a room adds up to. */
export interface RoomNumbers {
  readonly members: number;
  readonly online: number;
  /** Since midnight UTC. */
  readonly messagesToday: number;
  readonly messages: number;
  /** Who sent a message in the last 24 hours. */
  readonly activeUsers: number;
}

/** What a user does here. */
export interface UserNumbers {
  readonly userId: UserId;
  readonly rooms: number;
  readonly messages: number;
  /** Milliseconds since 1970; undefined when never. */
  readonly lastActivityAt: number | undefined;
  readonly isOnline: boolean;
  readonly status: PresenceStatus;
}

/** Sums for people to look at. */
export interface Statistics {
  ofRoom(caller: Principal, roomId: RoomId): Promise<RoomNumbers>;
  /**
   * Throws USER_NOT_FOUND also for who shares no room with the caller, and where one of them has blocked the other, unless
   * an administrator asks.
   */
  ofUser(caller: Principal, userId: UserId): Promise<UserNumbers>;
}

export function createStatistics(needs: {
  database: Database<ChatTables>;
  clock: Clock;
  members: MemberStore;
  directs: Pick<DirectStore, "isBlocked">;
  erasures: Pick<ErasureStore, "isMarked">;
  statistics: StatisticsStore;
  online: OnlineUsers;
  auth: () => AuthPeer;
}): Statistics {
  const { database, clock, members, directs, erasures, statistics, online, auth } = needs;
  const { read } = database;

  const sharesRoom = async (one: UserId, other: UserId) =>
    (await members.shareRoom(read, one, other)) && !(await directs.isBlocked(read, one, other));

  /** Those who sent much since it was last added up have it added up anew: each message is counted about once. */
  async function messagesOf(userId: UserId): Promise<number> {
    const { upTo, messages } = await statistics.counted(read, userId);
    const since = await statistics.messagesBetween(read, userId, upTo, Number.MAX_SAFE_INTEGER);
    if (since > limits.chat.messagesCountedAnew) await addUp(userId);
    return messages + since;
  }

  async function addUp(userId: UserId): Promise<void> {
    await database.write(
      async (tx) => {
        if (await erasures.isMarked(tx, userId)) return;
        const before = await statistics.counted(tx, userId);
        // What is being sent right now, also by a clock that is late, is left for the next time.
        const upTo = clock.now() - settledMs;
        const since = await statistics.messagesBetween(tx, userId, before.upTo, upTo);
        if (since > 0) await statistics.remember(tx, userId, { upTo, messages: before.messages + since });
      },
      { keys: [userKey(userId)] },
    );
  }

  async function mayLookAt(caller: Principal, userId: UserId): Promise<boolean> {
    if (userId === caller.userId || (await sharesRoom(caller.userId, userId))) return true;
    return caller.role === "admin" && (await auth().accounts([userId])).length > 0;
  }

  return {
    async ofRoom(caller, roomId) {
      const now = clock.now();
      const access = await loadAccess(read, caller, roomId, now);
      requireRead(access);
      return {
        members: access.room.memberCount,
        online: await online.countIn(caller.userId, access.room),
        messagesToday: await statistics.messagesSince(read, roomId, now - (now % dayMs)),
        messages: access.room.messageCount,
        activeUsers: await statistics.sendersSince(read, roomId, now - dayMs),
      };
    },
    async ofUser(caller, userId) {
      if (!(await mayLookAt(caller, userId))) throw userNotFound();
      const shown = await online.shown(caller.userId, userId);
      return {
        userId,
        rooms: await members.countRoomsOf(read, userId),
        messages: await messagesOf(userId),
        lastActivityAt: await statistics.lastActivityOf(read, userId),
        isOnline: shown !== undefined,
        status: shown?.status ?? PresenceStatus.OFFLINE,
      };
    },
  };
}
