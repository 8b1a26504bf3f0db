import { durationMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { RoomId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { Invites } from "../invites.ts";
import { toInvite } from "./convert.ts";

export function inviteHandlers(needs: { invites: Invites }): Partial<ServiceImpl<typeof ChatService>> {
  const { invites } = needs;
  return {
    async createInvite({ roomId, validFor, maxUses }, context) {
      const invite = await invites.create(principalOf(context), roomId as RoomId, {
        validForMs: validFor && durationMs(validFor),
        maxUses: maxUses ?? 0,
      });
      return { invite: toInvite(invite) };
    },
    async listInvites(request, context) {
      const page = readPage(request, "invites", ["number", "string"]);
      const found = await invites.list(principalOf(context), request.roomId as RoomId, {
        after: page.after && { createdAt: page.after[0] as number, code: page.after[1] as string },
        limit: page.size + 1,
      });
      const { items, nextPageToken } = cutPage(found, page, "invites", ({ createdAt, code }) => [createdAt, code]);
      return { invites: items.map(toInvite), nextPageToken };
    },
    async revokeInvite({ roomId, code }, context) {
      await invites.revoke(principalOf(context), roomId as RoomId, code);
      return {};
    },
  };
}
