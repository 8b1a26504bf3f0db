import type { Queries } from "../../platform/database/database.ts";
import type { StreamId } from "../../platform/ids.ts";
import type { AuditedAct } from "../../platform/peers/peers.ts";
import type { UntoldActs } from "../../platform/peers/tell-audits.ts";
import type { StreamTables } from "../tables.ts";

/** What administrators did to streams and the audit log does not hold yet. */
export interface AdminActStore extends UntoldActs<StreamTables> {
  insert(tx: Queries<StreamTables>, act: AuditedAct & { readonly targetStreamId: StreamId }): Promise<void>;
}
