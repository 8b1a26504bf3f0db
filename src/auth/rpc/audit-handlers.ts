import { cutPage, readPage } from "../../rpc/paging.ts";
import type { AuthStore } from "../store.ts";
import type { AuthHandlers } from "./handlers.ts";
import { auditEntryMessage } from "./messages.ts";

/** What administrators did, the last first. */
export function auditHandlers(needs: { store: Pick<AuthStore, "auditLog"> }): AuthHandlers {
  const { store } = needs;
  return {
    async listAuditLog(request) {
      const page = readPage(request, "audit", ["number"]);
      const [before] = page.after ?? [];
      const found = await store.auditLog(before as number | undefined, page.size + 1);
      const { items, nextPageToken } = cutPage(found, page, "audit", ({ sequence }) => [sequence]);
      return { entries: items.map(auditEntryMessage), nextPageToken };
    },
  };
}
