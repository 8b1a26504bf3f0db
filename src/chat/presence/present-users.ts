import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { Shown } from "../online.ts";

/** Somebody who is seen at a process. */
export interface PresentUser extends Shown {
  readonly userId: UserId;
  readonly username: string;
  /** Rooms that the user is a member of and follows there. */
  readonly rooms: readonly RoomId[];
  /** Whom the user has blocked. */
  readonly blocked: readonly UserId[];
}

/** That somebody came, went, or shows themselves differently. */
export interface PresenceEdge extends Shown {
  readonly userId: UserId;
  readonly username: string;
  /** Where it matters. */
  readonly rooms: readonly RoomId[];
  readonly blocked: ReadonlySet<UserId>;
}

/** Everybody who is seen, at whatever process. */
export interface PresentUsers extends Disposable {
  /** A user is seen at a process, like this. */
  put(process: string, user: PresentUser): void;
  /** A user is seen there no more: at once, or for others only if they do not come back within the grace. */
  take(process: string, userId: UserId, how: "atOnce" | "withGrace"): void;
  /** A process is gone, and everybody there. */
  takeProcess(process: string): void;
  usersAt(process: string): UserId[];
  isOnline(userId: UserId): boolean;
  /** As others were last told; undefined for who is not there, or does not want to be seen. */
  shown(userId: UserId): PresenceEdge | undefined;
  /** How many members of a room are there. */
  countIn(roomId: RoomId): number;
}

interface Seen {
  readonly at: Map<string, PresentUser>;
  /** As others were last told; undefined when they were told of nothing. */
  told: PresenceEdge | undefined;
  leaving: NodeJS.Timeout | undefined;
}

/**
 * `onEdge` hears of each change that others can see, once: somebody who reconnects within `graceMs` never went, and
 * somebody at two processes came once.
 */
export function createPresentUsers(needs: { graceMs: number; onEdge: (edge: PresenceEdge) => void }): PresentUsers {
  const { graceMs, onEdge } = needs;
  const users = new Map<UserId, Seen>();
  const rooms = new Map<RoomId, Set<UserId>>();
  const processes = new Map<string, Set<UserId>>();

  function place(userId: UserId, before: readonly RoomId[], after: readonly RoomId[]): void {
    const stays = new Set(after);
    for (const roomId of before) {
      if (stays.has(roomId)) continue;
      const there = rooms.get(roomId);
      there?.delete(userId);
      if (there?.size === 0) rooms.delete(roomId);
    }
    for (const roomId of after) {
      const there = rooms.get(roomId) ?? new Set();
      rooms.set(roomId, there.add(userId));
    }
  }

  /** Tells others what has changed for them. */
  function settle(userId: UserId, seen: Seen): void {
    const { told } = seen;
    clearTimeout(seen.leaving);
    seen.leaving = undefined;
    const [newest] = [...seen.at.values()].reverse();
    if (newest === undefined) {
      users.delete(userId);
      if (told === undefined) return;
      place(userId, told.rooms, []);
      onEdge({ ...told, status: PresenceStatus.OFFLINE, text: "" });
      return;
    }
    const everywhere = [...new Set([...seen.at.values()].flatMap((user) => user.rooms))];
    const { username, status, text } = newest;
    // Another version's process may not say whom its users have blocked.
    const blocked = new Set(newest.blocked ?? []);
    seen.told = { userId, username, status, text, rooms: everywhere, blocked };
    place(userId, told?.rooms ?? [], everywhere);
    const isSame = told?.status === status && told.text === text;
    const known = new Set(isSame ? told.rooms : []);
    const news = everywhere.filter((roomId) => !known.has(roomId));
    if (news.length > 0) onEdge({ ...seen.told, rooms: news });
  }

  function take(process: string, userId: UserId, how: "atOnce" | "withGrace"): void {
    processes.get(process)?.delete(userId);
    const seen = users.get(userId);
    if (seen === undefined) return;
    seen.at.delete(process);
    if (seen.at.size > 0 || how === "atOnce") return settle(userId, seen);
    seen.leaving ??= setTimeout(() => settle(userId, seen), graceMs).unref();
  }

  return {
    put(process, user) {
      const { userId } = user;
      const seen = users.get(userId) ?? { at: new Map(), told: undefined, leaving: undefined };
      users.set(userId, seen);
      const here = processes.get(process) ?? new Set();
      processes.set(process, here.add(userId));
      // The newest stands last.
      seen.at.delete(process);
      seen.at.set(process, user);
      settle(userId, seen);
    },
    take,
    takeProcess(process) {
      for (const userId of [...(processes.get(process) ?? [])]) take(process, userId, "withGrace");
      processes.delete(process);
    },
    usersAt: (process) => [...(processes.get(process) ?? [])],
    isOnline: (userId) => users.has(userId),
    shown: (userId) => users.get(userId)?.told,
    countIn: (roomId) => rooms.get(roomId)?.size ?? 0,
    [Symbol.dispose]() {
      for (const seen of users.values()) clearTimeout(seen.leaving);
    },
  };
}
