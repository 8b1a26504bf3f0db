import { StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Database } from "../platform/database/database.ts";
import { newId, type RoomId, type StreamId } from "../platform/ids.ts";
import type { ChatPeer, StreamRoomOpenness } from "../platform/peers/peers.ts";
import { roomNotFound } from "./errors.ts";
import type { Visibility } from "./permissions.ts";
import type { StreamStore } from "./store/stream-store.ts";
import type { StreamTables } from "./tables.ts";

const openness: Readonly<Record<Visibility, StreamRoomOpenness>> = {
  [StreamVisibility.PUBLIC]: "open",
  [StreamVisibility.UNLISTED]: "hidden",
  [StreamVisibility.PRIVATE]: "private",
};

/** The chat rooms that go with streams. */
export interface RoomsOfStreams {
  /** Makes the room of a new stream. Repeated with the same `requestId` it is the same room; with none, a new one. */
  make(owner: Principal, title: string, visibility: Visibility, requestId: string): Promise<RoomId>;
  /** Throws ROOM_NOT_FOUND unless the caller may read the room. */
  requireReadable(caller: Principal, roomId: RoomId): Promise<void>;
  open(roomId: RoomId, visibility: Visibility): Promise<void>;
  /** Archives the rooms of deleted streams. What fails is done the next time. */
  archiveForgotten(signal: AbortSignal): Promise<void>;
}

export function createRoomsOfStreams(needs: {
  database: Database<StreamTables>;
  streams: StreamStore;
  chat: () => ChatPeer;
}): RoomsOfStreams {
  const { database, streams, chat } = needs;
  return {
    make(owner, title, visibility, requestId) {
      // Streams have request ids of their own: the same one may name a room that the caller made.
      const name = requestId === "" ? newId<StreamId>() : requestId;
      return chat().createStreamRoom(owner, title, openness[visibility], `stream ${name}`);
    },
    async requireReadable(caller, roomId) {
      const permissions = await chat().roomPermissions(caller.userId, caller.role, roomId);
      if (!permissions.includes("read")) throw roomNotFound();
    },
    open: (roomId, visibility) => chat().setStreamRoomOpenness(roomId, openness[visibility]),
    async archiveForgotten(signal) {
      for (const { id, roomId } of await streams.deletedWithRoom(database.read)) {
        if (signal.aborted) return;
        if (roomId !== undefined) await chat().archiveStreamRoom(roomId);
        await database.write((tx) => streams.update(tx, id, { ownsRoom: false }));
      }
    },
  };
}
