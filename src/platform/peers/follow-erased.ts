import type { Cursor } from "../database/cursor.ts";
import type { Database } from "../database/database.ts";
import type { UserId } from "../ids.ts";
import type { AuthPeer } from "./peers.ts";

/**
 * Has a service forget the persons whose accounts auth has erased since the last time. `forget` can be called again for
 * the same ones, and the cursor moves last: what an interruption left undone is done the next time.
 */
export async function followErased<Tables>(
  needs: {
    readonly database: Database<Tables>;
    /** The last erasure that was followed to its end. */
    readonly erased: Cursor<Tables>;
    readonly auth: () => Pick<AuthPeer, "erasedAfter">;
    readonly forget: (userIds: ReadonlySet<UserId>) => Promise<void>;
  },
  signal: AbortSignal,
): Promise<void> {
  const { database, erased, auth, forget } = needs;
  while (!signal.aborted) {
    const accounts = await auth().erasedAfter(await erased.at(database.read));
    const last = accounts.at(-1);
    if (last === undefined) return;
    await forget(new Set(accounts.map(({ userId }) => userId)));
    if (signal.aborted) return;
    await database.write((tx) => erased.moveTo(tx, last.sequence));
  }
}
