import type { Queries } from "../../platform/database/database.ts";
import type { InstanceId } from "../../platform/ids.ts";
import type { StreamTables } from "../tables.ts";

/** The instances that are running, and their beats. */
export interface InstanceStore {
  insert(tx: Queries<StreamTables>, id: InstanceId): Promise<void>;
  /** Says that an instance runs; false when it was taken for gone. */
  beat(tx: Queries<StreamTables>, id: InstanceId): Promise<boolean>;
  all(queries: Queries<StreamTables>): Promise<{ readonly id: InstanceId; readonly beat: number }[]>;
  /** Takes an instance for gone that has not beaten since; false when it has, or another was faster. */
  removeSilent(tx: Queries<StreamTables>, id: InstanceId, beat: number): Promise<boolean>;
  remove(tx: Queries<StreamTables>, id: InstanceId): Promise<void>;
  removeAll(tx: Queries<StreamTables>): Promise<void>;
}
