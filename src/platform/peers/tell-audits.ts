import type { Database, Queries } from "../database/database.ts";
import { limits } from "../limits.ts";
import type { AuditedAct, AuthPeer } from "./peers.ts";

/** What administrators did and the audit log does not hold yet. */
export interface UntoldActs<Tables> {
  /** The oldest, in their order. */
  first(queries: Queries<Tables>, limit: number): Promise<AuditedAct[]>;
  remove(tx: Queries<Tables>, ids: readonly string[]): Promise<void>;
}

/** Tells auth, which keeps the audit log, what was noted, until auth has taken it. What is told twice is taken once. */
export async function tellAudits<Tables>(
  needs: {
    readonly database: Database<Tables>;
    readonly store: UntoldActs<Tables>;
    readonly auth: () => Pick<AuthPeer, "addAudits">;
  },
  signal: AbortSignal,
): Promise<void> {
  const { database, store, auth } = needs;
  const atOnce = limits.peers.auditsPerTelling;
  for (let told: number = atOnce; told === atOnce && !signal.aborted; ) {
    const acts = await store.first(database.read, atOnce);
    told = acts.length;
    if (told === 0) return;
    await auth().addAudits(acts);
    const ids = acts.map(({ id }) => id);
    await database.write((tx) => store.remove(tx, ids), { keys: ids });
  }
}
