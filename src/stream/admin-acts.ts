import type { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database, Queries } from "../platform/database/database.ts";
import { type AuditedActId, newId } from "../platform/ids.ts";
import type { AuthPeer } from "../platform/peers/peers.ts";
import { tellAudits } from "../platform/peers/tell-audits.ts";
import type { AdminActStore } from "./store/admin-act-store.ts";
import type { StoredStream } from "./store/stream-store.ts";
import type { StreamTables } from "./tables.ts";

/**
 * What administrators do to streams of others. It is noted in the write that does it, so that nothing is done that is not
 * written down, and told to auth, which keeps the audit log, until auth has taken it.
 */
export interface AdminActs {
  /** Notes what somebody does who may manage a stream; nothing of those whose stream it is. */
  note(
    tx: Queries<StreamTables>,
    by: Pick<Principal, "userId">,
    stream: Pick<StoredStream, "id" | "streamerId">,
    action: AuditAction,
    details?: string,
  ): Promise<void>;
  /** Tells what is noted. What is told twice is taken once. */
  tell(signal: AbortSignal): Promise<void>;
}

export function createAdminActs(needs: {
  database: Database<StreamTables>;
  store: AdminActStore;
  clock: Clock;
  auth: () => Pick<AuthPeer, "addAudits">;
}): AdminActs {
  const { database, store, clock, auth } = needs;
  return {
    async note(tx, { userId: actorId }, { id: targetStreamId, streamerId }, action, details = "") {
      if (actorId === streamerId) return;
      const id = newId<AuditedActId>();
      await store.insert(tx, {
        id,
        at: clock.now(),
        actorId,
        action,
        targetUserId: streamerId,
        targetStreamId,
        details,
      });
    },
    tell: (signal) => tellAudits({ database, store, auth }, signal),
  };
}
