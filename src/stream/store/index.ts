import type { Database } from "../../platform/database/database.ts";
import type { RequestStore } from "../../platform/requests/request-store.ts";
import { createSqlRequestStore } from "../../platform/requests/sql-request-store.ts";
import type { StreamTables } from "../tables.ts";
import type { AdminActStore } from "./admin-act-store.ts";
import type { ErasureStore } from "./erasure-store.ts";
import type { EventStore } from "./event-store.ts";
import type { ExportStore } from "./export-store.ts";
import type { HomeStore } from "./home-store.ts";
import type { InstanceStore } from "./instance-store.ts";
import type { ListenerStore } from "./listener-store.ts";
import type { RecordingStore } from "./recording-store.ts";
import { createSqlAdminActStore } from "./sql-admin-act-store.ts";
import { createSqlErasureStore } from "./sql-erasure-store.ts";
import { createSqlEventStore } from "./sql-event-store.ts";
import { createSqlExportStore } from "./sql-export-store.ts";
import { createSqlHomeStore } from "./sql-home-store.ts";
import { createSqlInstanceStore } from "./sql-instance-store.ts";
import { createSqlListenerStore } from "./sql-listener-store.ts";
import { createSqlRecordingStore } from "./sql-recording-store.ts";
import { createSqlStreamStore } from "./sql-stream-store.ts";
import type { StreamStore } from "./stream-store.ts";

/** All that stream remembers. */
export interface Stores {
  readonly streams: StreamStore;
  readonly listeners: ListenerStore;
  readonly recordings: RecordingStore;
  readonly events: EventStore;
  readonly requests: RequestStore<StreamTables>;
  readonly erasures: ErasureStore;
  readonly instances: InstanceStore;
  readonly homes: HomeStore;
  readonly exports: ExportStore;
  readonly adminActs: AdminActStore;
}

export function createSqlStores(database: Database<StreamTables>): Stores {
  return {
    streams: createSqlStreamStore(),
    listeners: createSqlListenerStore(),
    recordings: createSqlRecordingStore(),
    events: createSqlEventStore(database),
    requests: createSqlRequestStore<StreamTables>(database.read, "stream_requests"),
    erasures: createSqlErasureStore(),
    instances: createSqlInstanceStore(),
    homes: createSqlHomeStore(),
    exports: createSqlExportStore(),
    adminActs: createSqlAdminActStore(),
  };
}
