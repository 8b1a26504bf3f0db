import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { RoomId, UserId } from "../platform/ids.ts";
import type { AuthPeer } from "../platform/peers/peers.ts";
import { loadAccess, requireRead } from "./access.ts";
import { userNotFound } from "./errors.ts";
import type { OnlineUsers } from "./online.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { StatisticsStore } from "./store/statistics-store.ts";
import type { ChatTables } from "./tables.ts";

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
  /** Throws USER_NOT_FOUND also for who shares no room with the caller, unless an administrator asks. */
  ofUser(caller: Principal, userId: UserId): Promise<UserNumbers>;
}

export function createStatistics(needs: {
  database: Database<ChatTables>;
  clock: Clock;
  members: MemberStore;
  statistics: StatisticsStore;
  online: OnlineUsers;
  auth: () => AuthPeer;
}): Statistics {
  const { database, clock, members, statistics, online, auth } = needs;
  const { read } = database;

  async function mayLookAt(caller: Principal, userId: UserId): Promise<boolean> {
    if (userId === caller.userId || (await members.shareRoom(read, caller.userId, userId))) return true;
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
        messages: await statistics.messagesOf(read, userId),
        lastActivityAt: await statistics.lastActivityOf(read, userId),
        isOnline: shown !== undefined,
        status: shown?.status ?? PresenceStatus.OFFLINE,
      };
    },
  };
}
