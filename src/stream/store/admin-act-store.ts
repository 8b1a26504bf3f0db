import type { Queries } from "../../platform/database/database.ts";
import type { AuditedAct } from "../../platform/peers/peers.ts";
import type { StreamTables } from "../tables.ts";

/** What administrators did and the audit log does not hold yet. */
export interface AdminActStore {
  insert(tx: Queries<StreamTables>, act: AuditedAct): Promise<void>;
  /** The oldest, in their order. */
  first(queries: Queries<StreamTables>, limit: number): Promise<AuditedAct[]>;
  remove(tx: Queries<StreamTables>, ids: readonly string[]): Promise<void>;
}
