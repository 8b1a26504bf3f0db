import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ChatSignalSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import type { Caller } from "../access.ts";
import { ringUserSignal } from "../events/bells.ts";
import type { ChatEvents } from "../events/index.ts";
import { userKey } from "../keys.ts";
import type { Attendance, OnlineUsers } from "../online.ts";
import type { DirectStore } from "../store/direct-store.ts";
import type { MemberStore } from "../store/member-store.ts";
import type { StatusStore } from "../store/status-store.ts";
import type { ChatTables } from "../tables.ts";
import { type Changes, createAttendance, type Wish } from "./attendance.ts";
import { createPresenceExchange } from "./presence-exchange.ts";
import { createPresentUsers, type PresenceEdge } from "./present-users.ts";
import { createSight } from "./sight.ts";

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
  /** Of these users, those whom the caller may see. At most 200. */
  of(caller: Caller & { readonly username: string }, userIds: readonly UserId[]): Promise<SeenPresence[]>;
  /** How the caller wants to be seen from now on; OFFLINE for not at all. */
  setStatus(userId: UserId, status: PresenceStatus, text: string): Promise<void>;
  /** One has blocked the other, or does so no more: each hears at once what they may see of the other now. */
  blockChanged(userId: UserId, otherId: UserId): void;
}

export function createPresence(needs: {
  database: Database<ChatTables>;
  bus: Bus;
  clock: Clock;
  log: Log;
  members: MemberStore;
  statuses: StatusStore;
  directs: Pick<DirectStore, "apartFrom" | "blockedBy" | "isBlocked">;
  /** Tells those who follow a room here and may see it. */
  tell: ChatEvents["tellPresence"];
}): PresenceOfUsers {
  const { database, bus, clock, log, members, statuses, directs, tell } = needs;
  const sight = createSight({ database, members, directs });
  const users = createPresentUsers({ graceMs: limits.presence.graceMs, onEdge: tellRooms });

  /** Every process does so for those who follow there. What all of a large room would hear of all is not told. */
  function tellRooms(edge: PresenceEdge): void {
    for (const roomId of edge.rooms) {
      if (users.countIn(roomId) <= limits.presence.toldInRoomsUpTo)
        tell(roomId, presenceSignal(roomId, edge, clock.now()), edge.userId, edge.blocked);
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

  async function wishes(userIds: readonly UserId[]): Promise<Map<UserId, Wish>> {
    const shown = await statuses.find(database.read, userIds);
    const blocked = await directs.blockedBy(database.read, userIds);
    return new Map(
      userIds.map((userId) => {
        const { status = PresenceStatus.ONLINE, text = "" } = shown.get(userId) ?? {};
        return [userId, { status, text, blocked: blocked.get(userId) ?? [] }];
      }),
    );
  }

  /** What the viewer's own streams hear of somebody who is there, in the rooms of both. */
  async function tellOneOfAnother(viewer: UserId, userId: UserId): Promise<void> {
    const edge = users.shown(userId);
    if (edge === undefined) return;
    const isApart = await sight.areApart(viewer, userId);
    const seen = isApart ? { ...edge, status: PresenceStatus.OFFLINE, text: "" } : edge;
    for (const roomId of await members.inRooms(database.read, viewer, edge.rooms)) {
      ringUserSignal(bus, viewer, presenceSignal(roomId, seen, clock.now()));
    }
  }

  const online: OnlineUsers = {
    async among(viewer, userIds) {
      const there = userIds.filter((userId) => users.isOnline(userId));
      return there.length === 0 ? new Set() : new Set((await sight.seenBy(viewer, there)).keys());
    },
    async shown(viewer, userId) {
      const shown = users.shown(userId);
      return shown !== undefined && (await sight.seenBy(viewer, [userId])).has(userId) ? shown : undefined;
    },
    async countIn(viewer, { id, type }) {
      const count = users.countIn(id);
      if (type !== RoomType.DIRECT || count === 0) return count;
      const other = await members.otherIn(database.read, id, viewer);
      if (other === undefined || !(await sight.areApart(viewer, other.userId))) return count;
      return users.shown(viewer)?.rooms.includes(id) === true ? 1 : 0;
    },
  };

  const attendance = createAttendance({ wishes, onChanges, log });
  const exchange = createPresenceExchange({ bus, clock, users, onLook: (userId) => attendance.look(userId) });

  return {
    online,
    attendance,
    async of(caller, userIds) {
      const names = await sight.seenBy(caller.userId, userIds);
      if (names.has(caller.userId)) names.set(caller.userId, caller.username);
      const known = [...names.keys()];
      const stored = await statuses.find(database.read, known);
      return known.map((userId): SeenPresence => {
        const username = names.get(userId) ?? "";
        const shown = users.shown(userId);
        if (shown !== undefined) {
          return { userId, username, status: shown.status, text: shown.text, lastSeenAt: undefined };
        }
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
    blockChanged(userId, otherId) {
      exchange.tellToLook(userId);
      Promise.all([tellOneOfAnother(userId, otherId), tellOneOfAnother(otherId, userId)]).catch((error: unknown) =>
        log.error({ err: error }, "telling two of each other after a block failed"),
      );
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
