import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { RoomId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { Members } from "../members.ts";
import type { OnlineUsers } from "../online.ts";
import { toMember } from "./convert.ts";
import { userIdOf } from "./user-ids.ts";

export function memberHandlers(needs: {
  members: Members;
  online: OnlineUsers;
}): Partial<ServiceImpl<typeof ChatService>> {
  const { members, online } = needs;
  return {
    async joinRoom({ roomId, inviteCode }, context) {
      const { member, mutedUntil } = await members.join(principalOf(context), roomId as RoomId, inviteCode ?? "");
      return { member: toMember(member, mutedUntil, online) };
    },
    async leaveRoom({ roomId }, context) {
      await members.leave(principalOf(context), roomId as RoomId);
      return {};
    },
    async listMembers(request, context) {
      const list = `members.${request.roomId}`;
      const page = readPage(request, list, ["number", "number"]);
      const [joinedAt, userId] = (page.after ?? []) as number[];
      const after = joinedAt !== undefined && userId !== undefined ? { joinedAt, userId } : undefined;
      const limit = page.size + 1;
      const found = await members.list(principalOf(context), request.roomId as RoomId, { after, limit });
      const { items, nextPageToken } = cutPage(found, page, list, ({ member }) => [
        member.joinedAt,
        Number(member.userId),
      ]);
      return { members: items.map((each) => toMember(each.member, each.mutedUntil, online)), nextPageToken };
    },
    async setMemberRole({ roomId, userId, role }, context) {
      const { member, mutedUntil } = await members.setRole(
        principalOf(context),
        roomId as RoomId,
        userIdOf(userId),
        role,
      );
      return { member: toMember(member, mutedUntil, online) };
    },
  };
}
