import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { Principal } from "../../platform/access/principal.ts";
import type { RoomId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { Members } from "../members.ts";
import type { OnlineUsers } from "../online.ts";
import type { MutedMember } from "../store/member-store.ts";
import { toMember } from "./convert.ts";
import { userIdOf } from "./user-ids.ts";

export function memberHandlers(needs: {
  members: Members;
  online: OnlineUsers;
}): Partial<ServiceImpl<typeof ChatService>> {
  const { members, online } = needs;
  const answer = async (caller: Principal, found: MutedMember) => ({
    member: toMember(found, await online.among(caller.userId, [found.member.userId])),
  });
  return {
    async joinRoom({ roomId, inviteCode }, context) {
      const caller = principalOf(context);
      return answer(caller, await members.join(caller, roomId as RoomId, inviteCode ?? ""));
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
      const caller = principalOf(context);
      const found = await members.list(caller, request.roomId as RoomId, { after, limit });
      const { items, nextPageToken } = cutPage(found, page, list, ({ member }) => [
        member.joinedAt,
        Number(member.userId),
      ]);
      const there = await online.among(
        caller.userId,
        items.map(({ member }) => member.userId),
      );
      return { members: items.map((each) => toMember(each, there)), nextPageToken };
    },
    async setMemberRole({ roomId, userId, role }, context) {
      const caller = principalOf(context);
      return answer(caller, await members.setRole(caller, roomId as RoomId, userIdOf(userId), role));
    },
  };
}
