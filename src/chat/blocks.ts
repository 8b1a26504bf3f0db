import type { Database } from "../platform/database/database.ts";
import type { UserId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import type { Peers } from "../platform/peers/peers.ts";
import { accountClosed, limitReached, selfSanction, userNotFound } from "./errors.ts";
import { userKey } from "./keys.ts";
import type { DirectStore } from "./store/direct-store.ts";
import type { ErasureStore } from "./store/erasure-store.ts";
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
  erasures: Pick<ErasureStore, "isMarked">;
  onChange: (userId: UserId, blockedId: UserId) => void;
}): Blocks {
  const { database, peers, directs, erasures, onChange } = needs;

  async function requireUser(userId: UserId): Promise<void> {
    const [account] = await peers().auth.accounts([userId]);
    if (account === undefined) throw userNotFound();
  }

  return {
    async block(userId, blockedId) {
      if (userId === blockedId) throw selfSanction();
      await requireUser(blockedId);
      await database.write(
        async (tx) => {
          if (await erasures.isMarked(tx, userId)) throw accountClosed();
          if (await erasures.isMarked(tx, blockedId)) throw userNotFound();
          if (!(await directs.block(tx, userId, blockedId))) return;
          const { blocksPerUser } = limits.chat;
          if ((await directs.countBlocks(tx, userId)) <= blocksPerUser) return;
          throw limitReached(`an account blocks at most ${blocksPerUser} others: unblock one first`, blocksPerUser);
        },
        { keys: [userKey(userId)] },
      );
      onChange(userId, blockedId);
    },
    async unblock(userId, blockedId) {
      const lifted = await database.write((tx) => directs.unblock(tx, userId, blockedId), { keys: [userKey(userId)] });
      // Also what was once blocked and is now erased can be lifted; only then does it matter who it is.
      if (lifted) onChange(userId, blockedId);
      else await requireUser(blockedId);
    },
  };
}
