import { durationMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService, UpdateRoomRequest } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { Principal } from "../../platform/access/principal.ts";
import type { RoomId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { OnlineUsers } from "../online.ts";
import type { Rooms, SeenRoom } from "../rooms.ts";
import type { RoomSettings } from "../store/room-store.ts";
import { toRoom } from "./convert.ts";

export function roomHandlers(needs: { rooms: Rooms; online: OnlineUsers }): Partial<ServiceImpl<typeof ChatService>> {
  const { rooms, online } = needs;
  const told = async (caller: Principal, seen: SeenRoom) =>
    toRoom(seen, await online.countIn(caller.userId, seen.room));
  const answer = async (caller: Principal, seen: SeenRoom) => ({ room: await told(caller, seen) });
  return {
    async createRoom({ name, description, type, visibility, requestId }, context) {
      const caller = principalOf(context);
      return answer(caller, await rooms.create(caller, { name, description, type, visibility }, requestId));
    },
    async getRoomInfo({ roomId }, context) {
      const caller = principalOf(context);
      return answer(caller, await rooms.info(caller, roomId as RoomId));
    },
    async listRooms(request, context) {
      const joinedOnly = request.joinedOnly ?? false;
      const list = joinedOnly ? "rooms.joined" : "rooms";
      const page = readPage(request, list, ["string"]);
      const before = page.after?.[0] as RoomId | undefined;
      const caller = principalOf(context);
      const found = await rooms.list(caller, { joinedOnly }, { before, limit: page.size + 1 });
      const { items, nextPageToken } = cutPage(found.rooms, page, list, ({ room }) => [room.id]);
      const listed = await Promise.all(items.map((seen) => told(caller, seen)));
      return { rooms: listed, nextPageToken, totalSize: found.total };
    },
    async updateRoom(request, context) {
      const caller = principalOf(context);
      return answer(caller, await rooms.update(caller, request.roomId as RoomId, settingsOf(request)));
    },
    async archiveRoom({ roomId }, context) {
      const caller = principalOf(context);
      return answer(caller, await rooms.archive(caller, roomId as RoomId));
    },
  };
}

function settingsOf(request: UpdateRoomRequest): Partial<RoomSettings> {
  const { name, description, topic, slowMode, blockedWords, clearBlockedWords } = request;
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(topic !== undefined && { topic }),
    ...(slowMode !== undefined && { slowModeMs: durationMs(slowMode) }),
    ...(blockedWords.length > 0 && { blockedWords }),
    ...(clearBlockedWords && { blockedWords: [] }),
  };
}
