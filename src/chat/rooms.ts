import { MemberRole, RoomType, RoomVisibility } from "#gen/veza/chat/v1/room_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database, Queries } from "../platform/database/database.ts";
import { newId, type RoomId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { type Requests, requestOf } from "../platform/requests/requests.ts";
import { type Caller, loadAccess, may, type RoomAccess, requireActive, requireAllowed } from "./access.ts";
import type { AdminActs } from "./admin-acts.ts";
import { limitReached } from "./errors.ts";
import type { ChatWrites } from "./events/event-log.ts";
import { roomArchived, roomCreated, roomUpdated } from "./facts.ts";
import { requestKeys, roomKey, userKey } from "./keys.ts";
import type { Memberships } from "./memberships.ts";
import { decide, kindOf, standingOf } from "./permissions.ts";
import type { Member, MemberStore } from "./store/member-store.ts";
import type { ListedRoom, NewRoom, Room, RoomSettings, RoomStore } from "./store/room-store.ts";
import type { ChatTables } from "./tables.ts";

/** A room as one caller sees it. */
export interface SeenRoom {
  readonly room: Room;
  /** Undefined for who is not a member. */
  readonly role: MemberRole | undefined;
  readonly seesBlockedWords: boolean;
  /** In a direct conversation the other user, unless that account is erased. */
  readonly other?: Member | undefined;
}

export type RoomWish = Pick<NewRoom, "name" | "description" | "type" | "visibility">;

/** Whoever makes a room, as far as it remembers them. */
export type RoomMaker = Caller & Pick<Principal, "username">;

/** Rooms: made, found, changed and archived. */
export interface Rooms {
  /** Makes a room that the caller owns. A repeated `requestId` answers with the room made first. */
  create(caller: RoomMaker, wish: RoomWish, requestId: string): Promise<SeenRoom>;
  info(caller: Principal, roomId: RoomId): Promise<SeenRoom>;
  /** Rooms made before `before`, the newest first, at most `limit`; `total` counts all pages. */
  list(
    caller: Principal,
    filter: { joinedOnly: boolean },
    page: { before: RoomId | undefined; limit: number },
  ): Promise<{ rooms: SeenRoom[]; total: number }>;
  /** Changes what is given; nothing happens when all of it is so already. */
  update(caller: Principal, roomId: RoomId, settings: Partial<RoomSettings>): Promise<SeenRoom>;
  archive(caller: Principal, roomId: RoomId): Promise<SeenRoom>;
}

export function createRooms(needs: {
  database: Database<ChatTables>;
  writes: ChatWrites;
  clock: Clock;
  rooms: RoomStore;
  members: MemberStore;
  memberships: Memberships;
  requests: Requests<ChatTables>;
  acts: Pick<AdminActs, "noteChange">;
}): Rooms {
  const { database, writes, clock, rooms, members, memberships, requests, acts } = needs;

  async function see(queries: Queries<ChatTables>, caller: Caller, roomId: RoomId): Promise<SeenRoom> {
    const access = await loadAccess(queries, caller, roomId, clock.now());
    requireAllowed(access, "see");
    const other =
      access.room.type === RoomType.DIRECT ? await members.otherIn(queries, roomId, caller.userId) : undefined;
    return { ...seen(access), other };
  }

  return {
    create: (caller, wish, requestId) =>
      writes.about([userKey(caller.userId), ...requestKeys({ userId: caller.userId, requestId })], async (write) => {
        const { tx, append } = write;
        const { userId } = caller;
        const { name, description, type, visibility } = completed(wish);
        const request = requestOf(userId, requestId, "CreateRoom", [name, description, type, visibility]);
        const earlier = await requests.earlierResult(tx, request);
        if (earlier !== undefined) return see(tx, caller, earlier as RoomId);

        const limit = limits.chat.roomsCreatedPerUser;
        if ((await rooms.countMadeBy(tx, userId)) >= limit) {
          throw limitReached(`an account keeps at most ${limit} rooms that it made: archive one first`, limit);
        }
        const at = clock.now();
        const made: NewRoom = { id: newId(), name, description, type, visibility, createdBy: userId, createdAt: at };
        const roomId = made.id;
        await rooms.insert(tx, made);
        await append({ roomId, actorId: userId, at, payload: roomCreated(empty(made)) });
        await memberships.begin(write, { roomId, user: caller, role: MemberRole.OWNER, at });
        await requests.remember(tx, request, roomId);
        return see(tx, caller, roomId);
      }),

    info: (caller, roomId) => see(database.read, caller, roomId),

    async list(caller, { joinedOnly }, page) {
      const filter = { userId: caller.userId, joinedOnly, now: clock.now() };
      const found = await rooms.list(database.read, filter, page);
      const total = await rooms.count(database.read, filter);
      return { rooms: found.map((listed) => seenInList(caller, listed)), total };
    },

    update: (caller, roomId, settings) =>
      writes.about([roomKey(roomId)], async ({ tx, append }) => {
        const at = clock.now();
        const access = await loadAccess(tx, caller, roomId, at);
        requireAllowed(access, "manage");
        requireActive(access);
        const changes = differing(access.room, tidied(settings));
        if (Object.keys(changes).length === 0) return seen(access);
        await rooms.update(tx, roomId, changes);
        const act = { roomId, actorId: caller.userId, at };
        await acts.noteChange(tx, act, Object.keys(changes).join(", "));
        const room = { ...access.room, ...changes };
        const { sequence } = await append({ roomId, actorId: caller.userId, at, payload: roomUpdated(room) });
        return { ...seen(access), room: { ...room, headSequence: sequence } };
      }),

    archive: (caller, roomId) =>
      writes.about([roomKey(roomId)], async ({ tx, append }) => {
        const at = clock.now();
        const access = await loadAccess(tx, caller, roomId, at);
        requireAllowed(access, "own");
        if (!access.room.isActive) return seen(access);
        await rooms.archive(tx, roomId);
        const { sequence } = await append({ roomId, actorId: caller.userId, at, payload: roomArchived() });
        return { ...seen(access), room: { ...access.room, isActive: false, headSequence: sequence } };
      }),
  };
}

/** Fills in what the caller left open. A PRIVATE room is never OPEN. */
function completed(wish: RoomWish): RoomWish {
  const type = wish.type === RoomType.UNSPECIFIED ? RoomType.PUBLIC : wish.type;
  const open = wish.visibility === RoomVisibility.UNSPECIFIED || wish.visibility === RoomVisibility.OPEN;
  const widest = type === RoomType.PRIVATE ? RoomVisibility.INVITE_ONLY : RoomVisibility.OPEN;
  return { ...wish, type, visibility: open ? widest : wish.visibility };
}

function empty(room: NewRoom): Room {
  return {
    ...room,
    topic: "",
    isActive: true,
    headSequence: 0,
    memberCount: 0,
    messageCount: 0,
    slowModeMs: 0,
    blockedWords: [],
  };
}

function seen(access: RoomAccess): SeenRoom {
  return { room: access.room, role: access.member?.role, seesBlockedWords: may(access, "moderate") };
}

/** A list's rows say as much as an access would: they hold no banned caller and no direct conversation. */
function seenInList(caller: Principal, { room, role }: ListedRoom): SeenRoom {
  const standing = standingOf({ role, account: caller.role, isBanned: false });
  return { room, role, seesBlockedWords: decide(kindOf(room), standing, "moderate") === "yes" };
}

/** Blocked words are kept in lower case, each once. */
function tidied(settings: Partial<RoomSettings>): Partial<RoomSettings> {
  if (settings.blockedWords === undefined) return settings;
  const words = settings.blockedWords.map((word) => word.trim().toLowerCase()).filter((word) => word !== "");
  return { ...settings, blockedWords: [...new Set(words)] };
}

/** What is not so already. */
function differing(room: Room, settings: Partial<RoomSettings>): Partial<RoomSettings> {
  return Object.fromEntries(
    Object.entries(settings).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(room[name as keyof RoomSettings]),
    ),
  );
}
