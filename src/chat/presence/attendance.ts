import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import type { Attendance, Shown } from "../online.ts";
import type { PresentUser } from "./present-users.ts";

/** What changed at this process since the last time: how its users are seen, and who is seen no more. */
export interface Changes {
  readonly here: readonly PresentUser[];
  /** They closed their last stream. */
  readonly left: readonly UserId[];
  /** They are there, and do not want to be seen. */
  readonly hidden: readonly UserId[];
}

/** Who has streams open at this process. Changes are gathered for a moment, so that a storm of them is a few messages. */
export interface LocalAttendance extends Attendance, Disposable {
  /** How a user wants to be seen has changed in the store. */
  look(userId: UserId): void;
}

/** How a user wants to be seen, and by whom not. */
export interface Wish extends Shown {
  readonly blocked: readonly UserId[];
}

interface Attendant {
  readonly username: string;
  streams: number;
  /** How many of the streams follow each room. */
  readonly rooms: Map<RoomId, number>;
  /** Undefined until it is read. */
  shown: Shown | undefined;
  blocked: ReadonlySet<UserId>;
  /** How often it was said that there is something new to read: what was read before that does not count. */
  looks: number;
}

export function createAttendance(needs: {
  /** How users want to be seen; those who never said are missing. At most 200 at a time. */
  wishes: (userIds: readonly UserId[]) => Promise<ReadonlyMap<UserId, Wish>>;
  onChanges: (changes: Changes) => void;
  log: Log;
}): LocalAttendance {
  const { wishes, onChanges, log } = needs;
  const { gatherMs, usersAtOnce } = limits.presence;
  const attendants = new Map<UserId, Attendant>();
  const changed = new Set<UserId>();
  let timer: NodeJS.Timeout | undefined;

  function change(userId: UserId): void {
    changed.add(userId);
    timer ??= setTimeout(() => void flush(), gatherMs).unref();
  }

  async function flush(): Promise<void> {
    timer = undefined;
    const userIds = [...changed].slice(0, usersAtOnce);
    for (const userId of userIds) changed.delete(userId);
    try {
      await readWishes(userIds.filter((userId) => attendants.get(userId)?.shown === undefined));
      onChanges(changesOf(userIds));
    } catch (error) {
      log.error({ err: error }, "telling others who is there failed, and will be tried again");
      for (const userId of userIds) changed.add(userId);
    }
    if (changed.size > 0) timer ??= setTimeout(() => void flush(), gatherMs).unref();
  }

  async function readWishes(userIds: readonly UserId[]): Promise<void> {
    const asked = userIds.flatMap((userId) => {
      const attendant = attendants.get(userId);
      return attendant === undefined ? [] : [{ userId, attendant, looks: attendant.looks }];
    });
    if (asked.length === 0) return;
    const found = await wishes(asked.map(({ userId }) => userId));
    for (const { userId, attendant, looks } of asked) {
      if (attendant.looks !== looks) continue;
      const wish = found.get(userId);
      attendant.shown = wish ?? { status: PresenceStatus.ONLINE, text: "" };
      attendant.blocked = new Set(wish?.blocked);
    }
  }

  function changesOf(userIds: readonly UserId[]): Changes {
    const changes = { here: [] as PresentUser[], left: [] as UserId[], hidden: [] as UserId[] };
    for (const userId of userIds) {
      const attendant = attendants.get(userId);
      if (attendant === undefined) changes.left.push(userId);
      else if (attendant.shown === undefined) change(userId);
      else if (attendant.shown.status === PresenceStatus.OFFLINE) changes.hidden.push(userId);
      else {
        const { username, shown, rooms, blocked } = attendant;
        const { status, text } = shown;
        changes.here.push({ userId, username, status, text, rooms: [...rooms.keys()], blocked: [...blocked] });
      }
    }
    return changes;
  }

  return {
    attend({ userId, username }, blocked) {
      const attendant = attendants.get(userId) ?? {
        username,
        streams: 0,
        rooms: new Map(),
        shown: undefined,
        blocked: new Set(),
        looks: 0,
      };
      attendant.blocked = new Set(blocked);
      attendants.set(userId, attendant);
      attendant.streams += 1;
      const mine = new Set<RoomId>();
      change(userId);

      function left(roomId: RoomId): void {
        if (!mine.delete(roomId)) return;
        const streams = (attendant.rooms.get(roomId) ?? 1) - 1;
        if (streams > 0) attendant.rooms.set(roomId, streams);
        else attendant.rooms.delete(roomId);
        change(userId);
      }
      return {
        came(roomId) {
          if (mine.has(roomId)) return;
          mine.add(roomId);
          attendant.rooms.set(roomId, (attendant.rooms.get(roomId) ?? 0) + 1);
          change(userId);
        },
        left,
        hasBlocked: (other) => attendant.blocked.has(other),
        [Symbol.dispose]() {
          attendant.streams -= 1;
          if (attendant.streams === 0) attendants.delete(userId);
          else for (const roomId of [...mine]) left(roomId);
          change(userId);
        },
      };
    },
    look(userId) {
      const attendant = attendants.get(userId);
      if (attendant === undefined) return;
      attendant.shown = undefined;
      attendant.looks += 1;
      change(userId);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
