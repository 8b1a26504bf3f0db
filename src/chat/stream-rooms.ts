import { RoomType, RoomVisibility } from "#gen/veza/chat/v1/room_pb.ts";
import type { Bus } from "../platform/bus/bus.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { StreamRoomOpenness, StreamRooms } from "../platform/peers/peers.ts";
import { ringReopened } from "./events/bells.ts";
import type { ChatWrites } from "./events/event-log.ts";
import { roomArchived, roomUpdated } from "./facts.ts";
import { roomKey } from "./keys.ts";
import type { Rooms } from "./rooms.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { Room, RoomStore } from "./store/room-store.ts";
import type { ChatTables } from "./tables.ts";

const kinds: Readonly<Record<StreamRoomOpenness, Pick<Room, "type" | "visibility">>> = {
  open: { type: RoomType.PUBLIC, visibility: RoomVisibility.OPEN },
  hidden: { type: RoomType.PUBLIC, visibility: RoomVisibility.HIDDEN },
  private: { type: RoomType.PRIVATE, visibility: RoomVisibility.INVITE_ONLY },
};

/** Titles may be longer than names of rooms. */
const nameLength = 100;

/** The rooms that go with streams: rooms like any other, but for who asks for them. */
export function createStreamRooms(needs: {
  database: Database<ChatTables>;
  writes: ChatWrites;
  clock: Clock;
  bus: Bus;
  rooms: Pick<Rooms, "create">;
  store: RoomStore;
  members: MemberStore;
}): StreamRooms {
  const { database, writes, clock, bus, rooms, store, members } = needs;
  return {
    async createStreamRoom({ userId, username }, title, openness, requestId) {
      const name = [...title].slice(0, nameLength).join("");
      const maker = { userId, username, role: "user" } as const;
      const { room } = await rooms.create(maker, { name, description: "", ...kinds[openness] }, requestId);
      return room.id;
    },
    async setStreamRoomOpenness(roomId, openness) {
      const isChanged = await writes.about([roomKey(roomId)], async ({ tx, append }) => {
        const before = await store.find(tx, roomId);
        const { type, visibility } = kinds[openness];
        if (before?.isActive !== true || (before.type === type && before.visibility === visibility)) return false;
        await store.setKind(tx, roomId, { type, visibility });
        await append({ roomId, at: clock.now(), payload: roomUpdated({ ...before, type, visibility }) });
        return true;
      });
      if (isChanged) ringReopened(bus, roomId);
    },
    archiveStreamRoom: (roomId) =>
      writes.about([roomKey(roomId)], async ({ tx, append }) => {
        const room = await store.find(tx, roomId);
        if (room?.isActive !== true) return;
        await store.archive(tx, roomId);
        await append({ roomId, at: clock.now(), payload: roomArchived() });
      }),
    isRoomMember: async (userId, roomId) => (await members.find(database.read, roomId, userId)) !== undefined,
  };
}
