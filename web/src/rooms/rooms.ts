import { batch, computed, signal } from "@preact/signals";
import { type ChatEvent, LeaveReason } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { CreateRoomRequest } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { type Sanction, SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import { MemberRole, type Room, RoomType, RoomVisibility } from "#gen/veza/chat/v1/room_pb.ts";
import type { Clients } from "../app/clients.ts";
import { dateOf, shortText } from "../text/times.ts";
import { note } from "../ui/toasts.ts";

export type Rooms = ReturnType<typeof createRooms>;

const byName = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });

/** The rooms that the person is in, and those that could be joined. */
export function createRooms({ chat }: Clients, me: string) {
  const known = signal<ReadonlyMap<string, Room>>(new Map());
  /** Whether the list has been read at all. */
  const isLoaded = signal(false);
  const moreToDiscover = signal("");

  const all = computed(() => [...known.value.values()]);
  const joined = computed(() => all.value.filter(isMine).sort((a, b) => byName.compare(a.name, b.name)));
  const discoverable = computed(() =>
    all.value
      .filter((room) => !isMine(room) && room.isActive)
      .sort((a, b) => b.memberCount - a.memberCount || byName.compare(a.name, b.name)),
  );

  /** The last event taken in of each room. Beside the rooms, so that who shows them is not told of every event. */
  const heads = new Map<string, bigint>();
  const headOf = (room: Room): bigint => {
    const seen = heads.get(room.id) ?? 0n;
    return seen > room.headSequence ? seen : room.headSequence;
  };

  function put(...rooms: Room[]): void {
    const next = new Map(known.peek());
    for (const room of rooms) next.set(room.id, room);
    known.value = next;
  }

  function change(roomId: string, changes: Partial<Room>): void {
    const room = known.peek().get(roomId);
    if (room !== undefined) put({ ...room, ...changes });
  }

  async function read(roomId: string): Promise<Room> {
    const { room } = await chat.getRoomInfo({ roomId });
    if (room === undefined) throw new Error("the service sent no room");
    return room;
  }

  /** Reads afresh what events do not tell; until then what is known does. */
  async function refresh(roomId: string): Promise<void> {
    await read(roomId).then(put, () => {});
  }

  return {
    joined,
    discoverable,
    isLoaded,
    hasMoreToDiscover: computed(() => moreToDiscover.value !== ""),
    get: (roomId: string): Room | undefined => known.value.get(roomId),
    /** Whether the person is a member. */
    isMine: (roomId: string): boolean => known.peek().get(roomId)?.myRole !== undefined,
    has: (roomId: string): boolean => known.peek().has(roomId),
    put,
    /** Asks for a room without keeping it. */
    read,
    /** Up to which event each joined room is known. */
    heads: (): [roomId: string, sequence: bigint][] => joined.peek().map((room) => [room.id, headOf(room)]),
    headOf,

    /** Reads every joined room, and the first page of the others. */
    async load(): Promise<void> {
      const found: Room[] = [];
      let pageToken = "";
      do {
        const page = await chat.listRooms({ joinedOnly: true, pageSize: 200, pageToken });
        found.push(...page.rooms);
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      const others = await chat.listRooms({ pageSize: 100 });
      batch(() => {
        known.value = new Map([...others.rooms, ...found].map((room) => [room.id, room]));
        moreToDiscover.value = others.nextPageToken;
        isLoaded.value = true;
      });
    },

    async discoverMore(): Promise<void> {
      const page = await chat.listRooms({ pageSize: 100, pageToken: moreToDiscover.peek() });
      batch(() => {
        put(...page.rooms);
        moreToDiscover.value = page.nextPageToken;
      });
    },

    async create(request: Pick<CreateRoomRequest, "name" | "description" | "type" | "requestId">): Promise<Room> {
      const { room } = await chat.createRoom(request);
      if (room === undefined) throw new Error("the service sent no room");
      put({ ...room, myRole: MemberRole.OWNER });
      return room;
    },

    async join(roomId: string, inviteCode?: string): Promise<void> {
      await chat.joinRoom({ roomId, ...(inviteCode !== undefined && { inviteCode }) });
      put(await read(roomId));
    },

    async archive(roomId: string): Promise<void> {
      await chat.archiveRoom({ roomId });
      change(roomId, { isActive: false });
    },

    async leave(roomId: string): Promise<void> {
      await chat.leaveRoom({ roomId });
      forgetMembership(roomId);
    },

    /** Takes one event of a room into account; one that the room as read already holds changes nothing. */
    apply(event: ChatEvent): void {
      const room = known.peek().get(event.roomId);
      if (room === undefined || event.sequence <= headOf(room)) return;
      heads.set(room.id, event.sequence);
      const { payload } = event;
      const changes: Partial<Room> = {};
      switch (payload.case) {
        case "roomUpdated": {
          const shown = payload.value.room;
          if (shown !== undefined) Object.assign(changes, sharedFields(shown));
          break;
        }
        case "roomArchived":
          changes.isActive = false;
          break;
        case "memberJoined":
          changes.memberCount = room.memberCount + 1;
          if (payload.value.member?.userId === me) changes.myRole = payload.value.member.role;
          break;
        case "memberLeft":
          changes.memberCount = room.memberCount - 1;
          break;
        case "memberRoleChanged":
          if (payload.value.userId === me) {
            changes.myRole = payload.value.role;
            // Blocked words are told to moderators only.
            if (room.myRole !== payload.value.role) void refresh(event.roomId);
          }
          break;
        case "messageWarned":
          if (payload.value.userId === me) note(warned(room.name, payload.value.reason));
          break;
        case "sanctionImposed": {
          const { sanction } = payload.value;
          if (sanction?.userId === me && sanction.kind === SanctionKind.MUTE) note(muted(room.name, sanction));
          break;
        }
        case "sanctionLifted":
          if (payload.value.userId === me && payload.value.kind === SanctionKind.MUTE) {
            note(`You may write in “${room.name}” again.`);
          }
          break;
      }
      if (Object.keys(changes).length > 0) change(event.roomId, changes);
      if (payload.case === "memberLeft" && payload.value.userId === me) {
        forgetMembership(event.roomId);
        if (payload.value.reason === LeaveReason.KICKED) note(`You were removed from “${room.name}”.`);
        if (payload.value.reason === LeaveReason.BANNED) note(`You were banned from “${room.name}”.`);
      }
    },
  };

  function forgetMembership(roomId: string): void {
    const room = known.peek().get(roomId);
    if (room === undefined) return;
    const { myRole, ...rest } = room;
    if (isListed(room)) put(rest as Room);
    else known.value = new Map([...known.peek()].filter(([id]) => id !== roomId));
  }
}

function warned(roomName: string, reason: string): string {
  return `A moderator of “${roomName}” warned you${reason === "" ? "." : `: ${reason}`}`;
}

function muted(roomName: string, { expiresAt, reason }: Sanction): string {
  const until = expiresAt === undefined ? "" : ` until ${shortText(dateOf(expiresAt))}`;
  return `You are muted in “${roomName}”${until}${reason === "" ? "." : `: ${reason}`}`;
}

/** The fields of an event's room that are the same for everybody: not the reader's own role. */
function sharedFields({ name, description, topic, slowMode, visibility, isActive }: Room): Partial<Room> {
  return { name, description, topic, visibility, isActive, slowMode };
}

/** Whether others than its members see it. */
function isListed({ type, visibility }: Room): boolean {
  return type !== RoomType.PRIVATE && visibility !== RoomVisibility.HIDDEN;
}

function isMine(room: Room): boolean {
  return room.myRole !== undefined;
}
