import { hash } from "node:crypto";
import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { RoomId } from "../../platform/ids.ts";
import type { PageSeal } from "../../rpc/page-seal.ts";
import { pageSize } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { ShowMessage } from "../message-view.ts";
import type { Search } from "../search.ts";

export function searchHandlers(needs: {
  search: Search;
  show: ShowMessage;
  pages: PageSeal;
}): Partial<ServiceImpl<typeof ChatService>> {
  const { search, show, pages } = needs;
  return {
    async searchMessages(request, context) {
      const { query, pageToken } = request;
      // What was looked for may be longer than a token.
      const list = `search ${hash("sha256", `${request.roomId ?? ""} ${query}`, "base64url")}`;
      // Where a search stands tells of messages that the caller may not read.
      const { messages, next } = await search.search(principalOf(context), {
        query,
        roomId: request.roomId as RoomId | undefined,
        before: pageToken === "" ? undefined : pages.open(list, pageToken),
        limit: pageSize(request),
      });
      return { messages: messages.map(show), nextPageToken: next === undefined ? "" : pages.seal(list, next) };
    },
  };
}
