import type { SessionId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { Sessions } from "../sessions.ts";
import type { AuthHandlers } from "./handlers.ts";
import { sessionMessage } from "./messages.ts";

export function sessionHandlers(needs: { sessions: Sessions }): AuthHandlers {
  const { sessions } = needs;
  return {
    async logout(_, context) {
      const { userId, sessionId } = principalOf(context);
      await sessions.end(userId, sessionId);
      return {};
    },

    async listSessions(request, context) {
      const caller = principalOf(context);
      const list = `sessions ${caller.userId}`;
      const page = readPage(request, list, ["number", "string"]);
      const [lastUsedAt, id] = page.after ?? [];
      const after = id === undefined ? undefined : { lastUsedAt: lastUsedAt as number, id: id as SessionId };
      const found = await sessions.list(caller.userId, { size: page.size, after });
      const { items, nextPageToken } = cutPage(found, page, list, (session) => [session.lastUsedAt, session.id]);
      return { sessions: items.map((session) => sessionMessage(session, caller)), nextPageToken };
    },

    async revokeSession({ sessionId }, context) {
      await sessions.end(principalOf(context).userId, sessionId.toLowerCase() as SessionId);
      return {};
    },

    async revokeToken({ token, reason }, context) {
      await sessions.endOfToken(principalOf(context), token, reason);
      return {};
    },
  };
}
