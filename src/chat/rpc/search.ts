import { hash } from "node:crypto";
import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { RoomId } from "../../platform/ids.ts";
import { pageToken, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { ShowMessage } from "../message-view.ts";
import type { Search } from "../search.ts";

export function searchHandlers(needs: { search: Search; show: ShowMessage }): Partial<ServiceImpl<typeof ChatService>> {
  const { search, show } = needs;
  return {
    async searchMessages(request, context) {
      // What was looked for may be longer than a token.
      const list = `search ${hash("sha256", `${request.roomId ?? ""} ${request.query}`, "base64url")}`;
      const page = readPage(request, list, ["string"]);
      const { messages, next } = await search.search(principalOf(context), {
        query: request.query,
        roomId: request.roomId as RoomId | undefined,
        after: page.after && (page.after[0] as string),
        limit: page.size,
      });
      return { messages: messages.map(show), nextPageToken: next === undefined ? "" : pageToken(list, [next]) };
    },
  };
}
