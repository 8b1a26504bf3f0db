import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ChatSignalSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import type { Caller } from "../access.ts";
import { userKey } from "../keys.ts";
import type { Attendance, OnlineUsers } from "../online.ts";
import type { MemberStore } from "../store/member-store.ts";
import type { StatusStore } from "../store/status-store.ts";
import type { ChatTables } from "../tables.ts";
import { type Changes, createAttendance } from "./attendance.ts";
import { createPresenceExchange } from "./presence-exchange.ts";
import { createPresentUsers, type PresenceEdge } from "./present-users.ts";

/** Whether somebody is there, as others may see it. */
export interface SeenPresence {
  readonly userId: UserId;
  readonly username: string;
  readonly status: PresenceStatus;
  readonly text: string;
  /** Milliseconds since 1970; undefined for who is there, and when it is not known. */
  readonly lastSeenAt: number | undefined;
}

/** Who is there, how they show themselves, and who hears of it. */
export interface PresenceOfUsers extends Disposable {
  readonly online: OnlineUsers;
  readonly attendance: Attendance;
  /** Of these users, those who share a room with the caller, and the caller. At most 200. */
  of(caller: Caller & { readonly username: string }, userIds: readonly UserId[]): Promise<SeenPresence[]>;
  /** How the caller wants to be seen from now on; OFFLINE for not at all. */
  setStatus(userId: UserId, status: PresenceStatus, text: string): Promise<void>;
}

export function createPresence(needs: {
  database: Database<ChatTables>;
  bus: Bus;
  clock: Clock;
  log: Log;
  members: MemberStore;
  statuses: StatusStore;
  /** Hands a signal to those who follow a room here. */
  signal: (roomId: RoomId, signal: ReturnType<typeof presenceSignal>) => void;
}): PresenceOfUsers {
  const { database, bus, clock, log, members, statuses, signal } = needs;
  const users = createPresentUsers({ graceMs: limits.presence.graceMs, onEdge: tellRooms });

  /** Every process does so for those who follow there. What all of a large room would hear of all is not told. */
  function tellRooms(edge: PresenceEdge): void {
    for (const roomId of edge.rooms) {
      if (users.countIn(roomId) <= limits.presence.toldInRoomsUpTo)
        signal(roomId, presenceSignal(roomId, edge, clock.now()));
    }
  }

  function onChanges(changes: Changes): void {
    exchange.tell(changes);
    if (changes.left.length === 0) return;
    const at = clock.now();
    database
      // Each row by itself: a key for each of many who leave at once would be as many locks.
      .write((tx) => statuses.leftAt(tx, changes.left.toSorted(), at), { keys: [] })
      .catch((error: unknown) => log.error({ err: error }, "remembering who left, and when, failed"));
  }

  const attendance = createAttendance({ wishes: (userIds) => statuses.find(database.read, userIds), onChanges, log });
  const exchange = createPresenceExchange({ bus, clock, users, onLook: (userId) => attendance.look(userId) });

  return {
    online: users,
    attendance,
    async of(caller, userIds) {
      const names = await members.sharing(database.read, caller.userId, userIds);
      if (userIds.includes(caller.userId)) names.set(caller.userId, caller.username);
      const known = [...new Set(userIds)].filter((userId) => names.has(userId));
      const stored = await statuses.find(database.read, known);
      return known.map((userId): SeenPresence => {
        const username = names.get(userId) ?? "";
        const shown = users.shown(userId);
        if (shown !== undefined) return { userId, username, ...shown, lastSeenAt: undefined };
        // Words of who is away would tell those who only seem so from those who are.
        const lastSeenAt = stored.get(userId)?.lastSeenAt;
        return { userId, username, status: PresenceStatus.OFFLINE, text: "", lastSeenAt };
      });
    },
    async setStatus(userId, status, text) {
      const hides = status === PresenceStatus.OFFLINE && users.isOnline(userId);
      const seenAt = hides ? clock.now() : undefined;
      await database.write((tx) => statuses.set(tx, userId, { status, text, seenAt }), { keys: [userKey(userId)] });
      exchange.tellToLook(userId);
    },
    [Symbol.dispose]() {
      exchange[Symbol.dispose]();
      attendance[Symbol.dispose]();
      users[Symbol.dispose]();
    },
  };
}

function presenceSignal(roomId: RoomId, { userId, username, status, text }: PresenceEdge, now: number) {
  const isGone = status === PresenceStatus.OFFLINE;
  const value = { userId, username, status, statusText: text, ...(isGone && { lastSeenAt: timestampFromMs(now) }) };
  return create(ChatSignalSchema, { roomId, payload: { case: "presence", value } });
}
