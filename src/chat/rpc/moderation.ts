import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { RoomId, SanctionId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { Moderation, Sentence, Target } from "../moderation.ts";
import { publicSanction } from "../public-view.ts";
import { toLogEntry } from "./convert.ts";
import { userIdOf } from "./user-ids.ts";

export function moderationHandlers(needs: { moderation: Moderation }): Partial<ServiceImpl<typeof ChatService>> {
  const { moderation } = needs;
  return {
    async muteUser(request, context) {
      const sanction = await moderation.mute(principalOf(context), targetOf(request), sentenceOf(request));
      return { sanction: publicSanction(sanction) };
    },
    async unmuteUser(request, context) {
      await moderation.unmute(principalOf(context), targetOf(request));
      return {};
    },
    async kickUser(request, context) {
      await moderation.kick(principalOf(context), targetOf(request), request.reason);
      return {};
    },
    async banUser(request, context) {
      const sanction = await moderation.ban(principalOf(context), targetOf(request), sentenceOf(request));
      return { sanction: publicSanction(sanction) };
    },
    async unbanUser(request, context) {
      await moderation.unban(principalOf(context), targetOf(request));
      return {};
    },
    async listSanctions(request, context) {
      const list = `sanctions.${request.roomId}`;
      const page = readPage(request, list, ["string"]);
      const before = page.after?.[0] as SanctionId | undefined;
      const limit = page.size + 1;
      const found = await moderation.sanctions(principalOf(context), request.roomId as RoomId, { before, limit });
      const { items, nextPageToken } = cutPage(found, page, list, ({ id }) => [id]);
      return { sanctions: items.map(publicSanction), nextPageToken };
    },
    async listModerationLog(request, context) {
      const list = `moderation-log.${request.roomId}`;
      const page = readPage(request, list, ["string"]);
      const before = page.after?.[0] as string | undefined;
      const limit = page.size + 1;
      const found = await moderation.log(principalOf(context), request.roomId as RoomId, { before, limit });
      const { items, nextPageToken } = cutPage(found, page, list, ({ id }) => [id]);
      return { entries: items.map(toLogEntry), nextPageToken };
    },
  };
}

function targetOf({ roomId, userId }: { roomId: string; userId: string }): Target {
  return { roomId: roomId as RoomId, userId: userIdOf(userId) };
}

function sentenceOf({ reason, duration }: { reason: string; duration?: Duration | undefined }): Sentence {
  return { reason, durationMs: duration && durationMs(duration) };
}
