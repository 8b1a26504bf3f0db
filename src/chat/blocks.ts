import type { Database } from "../platform/database/database.ts";
import type { UserId } from "../platform/ids.ts";
import type { Peers } from "../platform/peers/peers.ts";
import { selfSanction, userNotFound } from "./errors.ts";
import { userKey } from "./keys.ts";
import type { DirectStore } from "./store/direct-store.ts";
import type { ChatTables } from "./tables.ts";

/** Who does not want to hear from whom. What each method throws is in the contract. */
export interface Blocks {
  block(userId: UserId, blockedId: UserId): Promise<void>;
  unblock(userId: UserId, blockedId: UserId): Promise<void>;
}

export function createBlocks(needs: {
  database: Database<ChatTables>;
  peers: () => Peers;
  directs: DirectStore;
}): Blocks {
  const { database, peers, directs } = needs;

  async function requireUser(userId: UserId): Promise<void> {
    const [account] = await peers().auth.accounts([userId]);
    if (account === undefined) throw userNotFound();
  }

  return {
    async block(userId, blockedId) {
      if (userId === blockedId) throw selfSanction();
      await requireUser(blockedId);
      await database.write((tx) => directs.block(tx, userId, blockedId), { keys: [userKey(userId)] });
    },
    async unblock(userId, blockedId) {
      const lifted = await database.write((tx) => directs.unblock(tx, userId, blockedId), { keys: [userKey(userId)] });
      // Also what was once blocked and is now erased can be lifted; only then does it matter who it is.
      if (!lifted) await requireUser(blockedId);
    },
  };
}
