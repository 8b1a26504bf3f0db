import { durationMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService, UpdateRoomRequest } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { RoomId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { OnlineUsers } from "../online.ts";
import type { Rooms, SeenRoom } from "../rooms.ts";
import type { RoomSettings } from "../store/room-store.ts";
import { toRoom } from "./convert.ts";

export function roomHandlers(needs: { rooms: Rooms; online: OnlineUsers }): Partial<ServiceImpl<typeof ChatService>> {
  const { rooms, online } = needs;
  const answer = (seen: SeenRoom) => ({ room: toRoom(seen, online) });
  return {
    async createRoom({ name, description, type, visibility, requestId }, context) {
      return answer(await rooms.create(principalOf(context), { name, description, type, visibility }, requestId));
    },
    async getRoomInfo({ roomId }, context) {
      return answer(await rooms.info(principalOf(context), roomId as RoomId));
    },
    async listRooms(request, context) {
      const joinedOnly = request.joinedOnly ?? false;
      const list = joinedOnly ? "rooms.joined" : "rooms";
      const page = readPage(request, list, ["string"]);
      const before = page.after?.[0] as RoomId | undefined;
      const found = await rooms.list(principalOf(context), { joinedOnly }, { before, limit: page.size + 1 });
      const { items, nextPageToken } = cutPage(found.rooms, page, list, ({ room }) => [room.id]);
      return { rooms: items.map((seen) => toRoom(seen, online)), nextPageToken, totalSize: found.total };
    },
    async updateRoom(request, context) {
      return answer(await rooms.update(principalOf(context), request.roomId as RoomId, settingsOf(request)));
    },
    async archiveRoom({ roomId }, context) {
      return answer(await rooms.archive(principalOf(context), roomId as RoomId));
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
